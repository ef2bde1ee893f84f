import SluiceCore
import SluicePorts
import SluiceSystem

/// `balancer.tls.certificate`: HAProxy serves the certificate on disk, without a restart.
extension ManagedHAProxy {
  /// Identifies the certificate on disk; nil where the fleet has none, or the file is absent.
  public nonisolated func certificateStamp() -> String? {
    guard let path = spec.tls?.certificate,
      let status = (try? Files.status(of: path)) ?? nil
    else { return nil }
    return "\(status.inode) \(status.size) \(status.modifiedMilliseconds)"
  }

  /// Makes HAProxy take the certificate that is on disk now. Open connections keep their
  /// certificate. A certificate that HAProxy does not accept changes nothing.
  public func renewCertificate() async throws(PortError) {
    guard let path = spec.tls?.certificate else { return }
    let text: String
    do throws(SystemError) { text = try Files.readText(path, limit: 1 << 20) } catch {
      throw PortError(
        .failed, "the certificate cannot be read: \(error)",
        remedy: "HAProxy goes on with the one that it has. Mend \(path).")
    }
    // An empty line would end the command.
    let lines = text.split(whereSeparator: \.isNewline).joined(separator: "\n")
    do throws(PortError) {
      try took(try await runtime.ask(.setCertificate(path, pem: lines)), "Transaction")
      try took(try await runtime.ask(.commitCertificate(path)), "Success")
    } catch {
      _ = try? await runtime.ask(.abortCertificate(path))
      throw error
    }
  }

  /// HAProxy says so in words: `Transaction created for certificate …!`, `Committing …Success!`.
  private func took(_ answer: String, _ word: String) throws(PortError) {
    guard answer.contains(word) else {
      let said = answer.split(whereSeparator: \.isNewline).first ?? ""
      throw PortError(
        .failed, "HAProxy does not take the certificate: \(said.prefix(200))",
        remedy:
          "It goes on with the one that it has. A PEM file holds the certificate, its chain and "
          + "its key:  openssl x509 -in FILE -noout -dates")
    }
  }
}
