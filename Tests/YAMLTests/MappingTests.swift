import Testing

@testable import SluiceYAML

@Suite("Typed reading")
struct MappingTests {
  private enum Kind: String, CaseIterable { case haproxy, envoy, managed }

  private func mapping(_ text: String) throws -> YAMLMapping {
    let node = try YAMLReader.read(Array(text.utf8), file: "sluice.yaml")
    return try YAMLMapping.root(of: node, file: "sluice.yaml")
  }

  private func failure(_ text: String, _ read: (YAMLMapping) throws -> Void) -> YAMLError? {
    do {
      try read(mapping(text))
      return nil
    } catch {
      return error as? YAMLError
    }
  }

  @Test("Every type reads what is written for it")
  func types() throws {
    let mapping = try mapping(
      """
      name: no
      version: 1.10
      port: 8088
      offset: -3
      on: true
      off: false
      hold: 1h30m
      share: 12.5%
      whole: 5%
      tiny: "0.05%"
      kind: haproxy
      hosts: [mac-a, mac-b]
      limits:
        disk: 10
      """)
    #expect(try mapping.string("name") == "no")
    #expect(try mapping.string("version") == "1.10")
    #expect(try mapping.integer("port", in: 1...65_535) == 8088)
    #expect(try mapping.integer("offset") == -3)
    #expect(try mapping.boolean("on"))
    #expect(try !mapping.boolean("off"))
    #expect(try mapping.duration("hold") == 5_400_000)
    #expect(try mapping.percent("share") == 1250)
    #expect(try mapping.percent("whole") == 500)
    #expect(try mapping.percent("tiny") == 5)
    #expect(try mapping.enumeration("kind", of: Kind.self) == .haproxy)
    #expect(try mapping.strings("hosts") == ["mac-a", "mac-b"])
    #expect(try mapping.mapping("limits").integer("disk") == 10)
    #expect(try mapping.optionalString("absent") == nil)
    #expect(try mapping.strings("absent") == [])
    #expect(try mapping.optional("absent")?.duration() == nil)
    try mapping.finish()
  }

  @Test(
    "What only looks like the type is refused at its place",
    arguments: [
      "1e3", "0x10", "0755", "1_000", "+5", "\"5\"", "5.0", "", "~", "[5]", "{a: 5}", "٣",
      "99999999999999999999", "00",
    ])
  func notIntegers(text: String) throws {
    let error = try #require(failure("a: 1\nn: \(text)") { _ = try $0.integer("n") })
    #expect(error.position.line == 2)
    #expect(error.message.hasPrefix("n "), "\(error)")
  }

  @Test("Only true and false are booleans", arguments: ["no", "on", "yes", "True", "1", "'true'"])
  func notBooleans(text: String) {
    let error = failure("n: \(text)") { _ = try $0.boolean("n") }
    #expect(error?.position == YAMLPosition(line: 1, column: 4))
    #expect(error?.remedy == "Write true or false, without quotes.")
  }

  @Test("Durations need a unit", arguments: ["10", "1.5h", "10 s", "-1s", "ten", "1m1h"])
  func notDurations(text: String) {
    #expect(failure("n: \(text)") { _ = try $0.duration("n") }?.remedy.contains("1h30m") == true)
  }

  @Test("Percentages need their sign", arguments: ["5", "5.123%", ".5%", "5.%", "-5%", "5 %"])
  func notPercentages(text: String) {
    #expect(failure("n: \(text)") { _ = try $0.percent("n") }?.remedy.contains("12.5%") == true)
  }

  @Test("A value out of range says the range")
  func ranges() {
    let port = failure("n: 70000") { _ = try $0.integer("n", in: 1...65_535) }
    #expect(port?.message == "n is 70000, which is out of range")
    #expect(port?.remedy == "Write a value from 1 to 65535.")
    let hold = failure("n: 1s") { _ = try $0.duration("n", in: 10_000...3_600_000) }
    #expect(hold?.remedy == "Write a value from 10s to 1h.")
    let share = failure("n: 100.01%") { _ = try $0.percent("n", in: 50...10_000) }
    #expect(share?.remedy == "Write a value from 0.5% to 100%.")
    let open = failure("n: -1") { _ = try $0.integer("n", in: 0 ... .max) }
    #expect(open?.remedy == "Write a value of at least 0.")
  }

  @Test("A percentage is written as it is read, to the hundredth")
  func percentages() {
    let others = (0...10_000).filter { points in
      PercentText.basisPoints(PercentText.text(basisPoints: points)) != points
    }
    #expect(others == [])
    for (points, text) in [(5, "0.05%"), (10, "0.1%"), (1_209, "12.09%"), (1_210, "12.1%")] {
      #expect(PercentText.text(basisPoints: points) == text)
    }
  }

  @Test("A text without a value is refused, a quoted one may be anything")
  func noValue() throws {
    for text in ["", "~", "null"] {
      #expect(failure("n: \(text)") { _ = try $0.string("n") }?.message == "n has no value")
    }
    #expect(try mapping("n: 'null'").string("n") == "null")
    #expect(try mapping("n: ''").string("n") == "")
  }

  @Test("A choice that is none is answered with the nearest")
  func choices() {
    let error = failure("kind: haprxy") { _ = try $0.enumeration("kind", of: Kind.self) }
    #expect(error?.message == "kind must be one of the choices, but is \"haprxy\"")
    #expect(error?.remedy == "Did you mean haproxy? It is one of: haproxy, envoy, managed.")
  }

  @Test("An unknown key is refused with its place, the nearest key and all that are allowed")
  func unknownKey() {
    let text = "gateways: []\nbalancer:\n  kind: haproxy\n  sokcet: /run/x\n"
    let error = failure(text) {
      _ = try $0.list("gateways")
      let balancer = try $0.mapping("balancer")
      _ = try balancer.string("kind")
      _ = try balancer.optionalString("socket")
      try balancer.finish()
    }
    #expect(
      error?.description == """
        sluice.yaml:4:3: unknown key "sokcet" in balancer
                Did you mean "socket"? Allowed: kind, socket.
        """)
  }

  @Test("A missing key points at the one that was perhaps meant")
  func missingKey() {
    let mistyped = failure("name: x\ngatewyas: []") {
      _ = try $0.string("name")
      _ = try $0.list("gateways")
    }
    #expect(mistyped?.position == YAMLPosition(line: 2, column: 1))
    #expect(mistyped?.remedy == "Did you mean \"gateways\"?")
    let absent = failure("name: x\nother: 1") { _ = try $0.list("gateways") }
    #expect(absent?.message == "gateways is missing")
  }

  @Test("Messages name the whole way to a value")
  func paths() {
    let text = "gateways:\n  - {name: a, weight: 1}\n  - {name: b, weight: x}\n"
    let error = failure(text) {
      for gateway in try $0.list("gateways") { _ = try gateway.mapping().integer("weight") }
    }
    #expect(error?.message == "gateways[1].weight must be a whole number, but is \"x\"")
    #expect(error?.position == YAMLPosition(line: 3, column: 23))
    let shape = failure("gateways: mac-a") { _ = try $0.list("gateways") }
    #expect(shape?.message == "gateways must be a list, but is a single value")
    let root = failure("- a") { _ in }
    #expect(root?.message == "the file must be a mapping, but is a list")
  }

  @Test("A mapping whose keys are names gives all of them, in order")
  func names() throws {
    let tenants = try mapping("acme: {disk: 1}\nbeta: {disk: 2}")
    let all = tenants.all()
    #expect(all.map(\.key) == ["acme", "beta"])
    #expect(all[1].keyPosition == YAMLPosition(line: 2, column: 1))
    #expect(try all[1].value.mapping().integer("disk") == 2)
    try tenants.finish()
  }
}
