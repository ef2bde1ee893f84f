import SluiceCore
import SluiceController
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHAProxy

/// Clients who come by TLS, met with `openssl` and `curl`.
@Suite(
  "The balancer's own TLS",
  .enabled(
    if: hasTool("haproxy") && hasTool("openssl") && hasTool("curl"),
    "haproxy, openssl or curl is not installed"), .timeLimit(.minutes(2)))
struct TLSTests {
  private func certificate(_ name: String, in directory: TemporaryDirectory, to path: String)
    async throws
  {
    let outcome = try await Processes.run(
      ProcessCommand(
        try #require(Processes.find("openssl")),
        [
          "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
          "-days", "2", "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name)", "-keyout",
          directory("\(name).key"), "-out", directory("\(name).crt"),
        ], deadline: .seconds(30)))
    try #require(outcome.succeeded, "\(outcome.errorText)")
    let text =
      try Files.readText(directory("\(name).crt")) + "\n"
      + Files.readText(directory("\(name).key"))
    try Files.replace(path, with: Array(text.utf8), mode: 0o600)
  }

  /// The answer to a client that trusts only this certificate.
  private func get(_ rig: Rig, _ name: String, _ path: String = "/headers") async throws
    -> ProcessOutcome
  {
    let bind = rig.fleet.haproxy.bind
    let port = try #require(bind.split(separator: ":").last)
    return try await Processes.run(
      ProcessCommand(
        try #require(Processes.find("curl")),
        [
          "-sS", "--max-time", "10", "--cacert", rig.directory("\(name).crt"), "--resolve",
          "\(name):\(port):127.0.0.1", "-i", "https://\(name):\(port)\(path)",
        ], deadline: .seconds(20)))
  }

  @Test("the certificate is served, taken anew when it changes, and no connection ends for it")
  func renewal() async throws {
    let home = try TemporaryDirectory()
    let path = home("fleet.pem")
    try await certificate("one.example", in: home, to: path)
    try await Rig.with(change: {
      $0.tls = BalancerTLS(certificate: path)
      $0.hasLocalClients = nil
    }) { rig in
      for name in ["one.example", "two.example"] {
        try await certificate(name, in: rig.directory, to: rig.directory("\(name).pem"))
      }
      try Files.replace(path, with: try Files.read(rig.directory("one.example.pem")), mode: 0o600)
      try await rig.balancer.renewCertificate()
      let first = try await get(rig, "one.example")
      #expect(first.succeeded, "\(first.errorText)")
      #expect(first.outputText.contains("x-forwarded-proto: https"))
      #expect(first.outputText.contains("; Secure"))
      #expect(try await get(rig, "two.example").succeeded == false)
      let before = try await rig.balancer.read().processID

      try Files.replace(path, with: try Files.read(rig.directory("two.example.pem")), mode: 0o600)
      try await rig.balancer.renewCertificate()
      #expect(try await get(rig, "two.example").succeeded)
      #expect(try await get(rig, "one.example").succeeded == false)
      #expect(try await rig.balancer.read().processID == before)

      // Half a file, as a copy that was cut off: the one before goes on.
      let whole = try Files.read(path)
      try Files.replace(path, with: Array(whole.prefix(whole.count / 2)), mode: 0o600)
      let error = await #expect(throws: PortError.self) {
        try await rig.balancer.renewCertificate()
      }
      #expect(error?.remedy?.contains("goes on with the one that it has") == true)
      #expect(try await get(rig, "two.example").succeeded)
    }
  }

  @Test("a certificate that is not there keeps HAProxy from starting, by its name")
  func missing() async throws {
    let home = try TemporaryDirectory()
    try await Rig.prepared(change: { $0.tls = BalancerTLS(certificate: home("none.pem")) }) { rig in
      let error = await #expect(throws: PortError.self) {
        _ = try await rig.balancer.ensureRunning()
      }
      #expect(error?.message.contains("none.pem") == true, "\(String(describing: error))")
    }
  }
}
