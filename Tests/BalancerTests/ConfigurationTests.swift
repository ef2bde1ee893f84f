import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHAProxy

@Suite("HAProxy's configuration")
struct ConfigurationTests {
  @Test("a server a gateway, with its cookie, its number and a check of its own readiness")
  func servers() throws {
    var fleet = Fleet.example()
    fleet.hosts[1].gateway = "10.0.0.2:18789"
    fleet.hosts[1].probe = "10.0.0.2:8088"
    let text = try HAProxyConfiguration.text(
      fleet.haproxy, fleet: fleet, secret: .blank, takenOut: ["mac-c"])
    let servers = text.split(separator: "\n").filter { $0.hasPrefix("    server ") }
    let check =
      "check inter 500ms fall 3 rise 2 agent-check agent-addr 127.0.0.1 agent-port 1 agent-inter 20d"
    let wanted = [
      "    server mac-b 10.0.0.2:18789 id 2 cookie \(pin("mac-b")) \(check)",
      "    server mac-c 127.0.0.1:3 id 3 cookie \(pin("mac-c")) \(check) disabled",
      "    server mac-a 127.0.0.1:1 id 1 cookie \(pin("mac-a")) \(check)",
    ]
    #expect(servers.map(String.init) == wanted)
    // The example's clients come over loopback without these headers: its gateways need not trust anybody.
    let question = "http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host localhost"
    #expect(text.contains(question + "\n"))
    fleet.haproxy.hasLocalClients = nil
    let remote = try HAProxyConfiguration.text(fleet.haproxy, fleet: fleet, secret: .blank)
    let forwarded = " hdr X-Forwarded-For 203.0.113.9 hdr X-Forwarded-Proto http\n"
    #expect(remote.contains(question + forwarded))
    #expect(text.contains(#"http-check expect rstring "\"ready\"[[:space:]]*:[[:space:]]*true""#))
  }

  @Test("rules that facts asked for: never leastconn, never a retry of what was received")
  func rules() throws {
    let text = try HAProxyConfiguration.text(
      Fleet.example().haproxy, fleet: .example(), secret: .blank)
    #expect(!text.contains("leastconn"))
    #expect(text.contains("retry-on conn-failure\n"))
    #expect(text.contains("state.map,0:0:0"), "a missing state is share 0")
    #expect(text.contains("    bind 127.0.0.1:18080\n"))
  }

  @Test("D1: an answer may take minutes: the time-outs follow the fleet's runs, or its key")
  func silence() throws {
    var fleet = Fleet.example()
    func lines() throws -> [String] {
      try HAProxyConfiguration.text(fleet.haproxy, fleet: fleet, secret: .blank).split(
        separator: "\n"
      )
      .map { $0.trimmingPrefix { $0 == " " }.description }
      .filter { $0.hasPrefix("timeout server") || $0.hasPrefix("timeout client") }
    }
    #expect(try lines() == ["timeout client 600000ms", "timeout server 600000ms"])
    fleet.judge.unfinishedMilliseconds = 1_800_000
    #expect(try lines() == ["timeout client 1800000ms", "timeout server 1800000ms"])
    fleet.haproxy.serverTimeoutMilliseconds = 90_000
    #expect(try lines() == ["timeout client 90000ms", "timeout server 90000ms"])
  }

  @Test("D2: connections fit the machine's descriptors; a key that does not fit is refused by name")
  func connections() throws {
    var fleet = Fleet.example()
    func maximum(_ descriptors: Int?) throws -> String? {
      try HAProxyConfiguration.text(
        fleet.haproxy, fleet: fleet, secret: .blank, descriptors: descriptors
      ).split(
        separator: "\n"
      )
      .first { $0.hasPrefix("    maxconn ") }.map { String($0.dropFirst(12)) }
    }
    #expect(try maximum(nil) == "8000")
    #expect(try maximum(1_048_576) == "8000")
    #expect(try maximum(.max) == "8000")
    #expect(try maximum(10_240) == "4992")
    #expect(try maximum(300) == "22")
    fleet.haproxy.maximumConnections = 20_000
    #expect(try maximum(65_536) == "20000")
    let error = #expect(throws: PortError.self) { try maximum(10_240) }
    #expect(error?.kind == .refused)
    #expect(error?.message.contains("40256 descriptors, and a process may have 10240") == true)
    #expect(
      error?.remedy?.contains("balancer.max_connections in sluice.yaml to at most 4992") == true)
    fleet.haproxy.maximumConnections = nil
    #expect(throws: PortError.self) { try maximum(64) }
  }

  @Test("cohorts, cookies, keys and the draw decide in this order") func order() throws {
    let text = try HAProxyConfiguration.text(
      Fleet.example().haproxy, fleet: .example(), secret: .blank)
    let places = ["str(cohort)", "str(cookie)", "str(key)", "str(draw)"].map {
      text.firstRange(of: $0)?.lowerBound
    }
    #expect(places.allSatisfy { $0 != nil })
    #expect(places.compactMap { $0 } == places.compactMap { $0 }.sorted())
  }

  @Test("nothing that a client sends stands in the log's format") func logFormat() throws {
    for field in ["%HU", "%HP", "%hr", "%CC", "%[req", "%[path", "txn.tenant", "txn.ck"] {
      #expect(!HAProxyConfiguration.logFormat(namesTenants: false).contains(field), "\(field)")
    }
    let named = HAProxyConfiguration.logFormat(namesTenants: true)
    #expect(named.hasSuffix(#"","tn":"%[var(txn.tenant),hex]"}"#))
    #expect(named.ranges(of: "txn.tenant").count == 1)
    // Without a front the header says nothing, so the log tells of no tenant.
    var fleet = Fleet.example()
    for front in [fleet.haproxy.front, nil] {
      fleet.haproxy.front = front
      let text = try HAProxyConfiguration.text(fleet.haproxy, fleet: fleet, secret: .blank)
      #expect(text.contains(#""tn""#) == (front != nil))
    }
  }

  private func pin(_ host: HostName) -> String { FleetSecret.blank.gatewayPin(host) }

  @Test("cohorts in lower case, pins within their arm") func maps() {
    #expect(HAProxyConfiguration.cohortMap(.example()) == "acme canary\nglobex stable\n")
    #expect(
      HAProxyConfiguration.serverMap(.example(), .blank)
        == "canary/1 mac-a\ncanary/\(pin("mac-a")) mac-a\nstable/2 mac-b\n"
        + "stable/\(pin("mac-b")) mac-b\nstable/3 mac-c\nstable/\(pin("mac-c")) mac-c\n")
  }

  @Test("another fleet has another digest, the same one the same") func digest() throws {
    let fleet = Fleet.example()
    let digest = try HAProxyConfiguration.digest(of: fleet.haproxy, fleet)
    #expect(try HAProxyConfiguration.digest(of: fleet.haproxy, fleet) == digest)
    var moved = fleet
    moved.hosts[0].gateway = "127.0.0.1:9"
    #expect(try HAProxyConfiguration.digest(of: moved.haproxy, moved) != digest)
    var cohorts = fleet
    cohorts.haproxy.cohorts = [:]
    #expect(try HAProxyConfiguration.digest(of: cohorts.haproxy, cohorts) != digest)
  }

  @Test(
    "what could end a line or a word is refused",
    arguments: ["a b", "", "#a", "a\nmode tcp", String(repeating: "x", count: 65)])
  func hostileCohorts(tenant: String) {
    var fleet = Fleet.example()
    fleet.haproxy.cohorts = [tenant: .canary]
    #expect(throws: PortError.self) {
      try HAProxyConfiguration.text(fleet.haproxy, fleet: fleet, secret: .blank)
    }
  }

  @Test(
    "an address that is none is refused",
    arguments: ["127.0.0.1", "127.0.0.1:0x", "a b:1", "127.0.0.1:1\n    mode tcp", ""])
  func hostileAddresses(address: String) {
    var fleet = Fleet.example()
    fleet.haproxy.bind = address
    #expect(throws: PortError.self) {
      try HAProxyConfiguration.text(fleet.haproxy, fleet: fleet, secret: .blank)
    }
    fleet = .example()
    fleet.hosts[0].gateway = address
    #expect(throws: PortError.self) {
      try HAProxyConfiguration.text(fleet.haproxy, fleet: fleet, secret: .blank)
    }
  }

  @Test(
    "a directory that cannot stand in a command is refused",
    arguments: ["lb", "/a b", "/a;b", "/a\nb", "/" + String(repeating: "x", count: 78)])
  func hostileDirectories(directory: String) {
    #expect(throws: PortError.self) { try HAProxyFiles(directory: directory) }
  }

  @Test(
    "HAProxy accepts it", .enabled(if: hasTool("haproxy"), "haproxy is not installed"))
  func accepted() async throws {
    let directory = try TemporaryDirectory()
    let fleet = Fleet.example(directory: directory.path)
    let files = try HAProxyFiles(directory: directory.path)
    try Files.replace(files.stateMap, with: Array("state 500:1:1\n".utf8))
    try Files.replace(files.holdMap, with: Array("mac-a 0\n".utf8))
    try Files.replace(files.tenantMap, with: [])
    try Files.replace(
      files.serverMap, with: Array(HAProxyConfiguration.serverMap(fleet, .blank).utf8))
    try Files.replace(
      files.cohortMap, with: Array(HAProxyConfiguration.cohortMap(fleet).utf8))
    let text = try HAProxyConfiguration.text(
      fleet.haproxy, fleet: fleet, secret: .blank, takenOut: ["mac-b"])
    try Files.replace(files.configuration, with: Array(text.utf8))
    let program = try await HAProxyProgram.find(nil)
    try await program.check(files.configuration)

    try Files.replace(files.configuration, with: Array((text + "\nnonsense\n").utf8))
    await #expect(throws: PortError.self) { try await program.check(files.configuration) }
  }
}

@Suite("Which HAProxy it is")
struct HAProxyProgramTests {
  @Test(
    "read from its first line",
    arguments: [
      ("HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/\n", "2.6"),
      ("HA-Proxy version 1.8.19 2019/02/11\nCopyright", "1.8"), ("HAProxy version 3.4.0", "3.4"),
    ])
  func versions(output: String, version: String) {
    #expect(HAProxyProgram.Version(output)?.description == version)
  }

  @Test(
    "anything else is no HAProxy", arguments: ["", "nginx version: nginx/1.22", "Proxy version"])
  func others(output: String) { #expect(HAProxyProgram.Version(output) == nil) }

  @Test("one that is too old or missing is said with what installs a new one")
  func tooOld() async throws {
    let directory = try TemporaryDirectory()
    let program = directory("haproxy")
    try Files.replace(
      program, with: Array("#!/bin/sh\necho 'HAProxy version 2.4.22 2023'\n".utf8), mode: 0o700)
    // A program that fails is no HAProxy, whatever it prints before.
    let failing = directory("failing")
    try Files.replace(
      failing, with: Array("#!/bin/sh\necho 'HAProxy version 2.8.3 2023'\nexit 1\n".utf8),
      mode: 0o700)
    for (path, text) in [
      (program, "2.4"), (directory("absent"), "cannot be run"), (failing, "does not say which"),
    ] {
      let error = await #expect(throws: PortError.self) { try await HAProxyProgram.find(path) }
      #expect(error?.message.contains(text) == true)
      #expect(error?.remedy?.contains("install") == true)
    }
  }
}
