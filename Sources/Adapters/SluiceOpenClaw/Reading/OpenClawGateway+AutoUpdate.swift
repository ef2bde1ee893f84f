import SluiceCore
import SluicePorts
import SluiceSystem

/// Whether OpenClaw replaces its own build. A host whose OpenClaw does so leaves its lock by itself.
enum AutoUpdate {
  private struct Document: Decodable {
    struct Update: Decodable {
      struct Auto: Decodable { let enabled: Bool? }
      let auto: Auto?
    }
    let update: Update?
  }

  /// - Parameters:
  ///   - bytes: of OpenClaw's configuration; nil: there is no such file.
  ///   - isOffByEnvironment: whether `OPENCLAW_NO_AUTO_UPDATE` is set for the gateway's process.
  static func meaning(
    _ bytes: [UInt8]?, isOffByEnvironment: Bool
  ) -> (level: GatewayAnswer.Level, came: String, means: String) {
    if isOffByEnvironment { return (.expected, "off, by OPENCLAW_NO_AUTO_UPDATE", "") }
    guard let bytes else { return (.expected, "off: no configuration", "") }
    guard let document = JSONText.decode(Document.self, bytes) else {
      return (
        .odd, "the configuration is no plain JSON",
        "See that it does not switch update.auto.enabled on: such a host leaves its lock by itself."
      )
    }
    guard document.update?.auto?.enabled == true else { return (.expected, "off", "") }
    return (
      .fault, "on: update.auto.enabled",
      "OpenClaw replaces its own build and leaves the lock. Switch it off:  "
        + "openclaw config set update.auto.enabled false"
    )
  }
}

extension OpenClawGateway {
  private static let sizeLimit = 16 << 20

  func autoUpdate() async -> GatewayAnswer? {
    guard let path = spec.configurationFile else { return nil }
    return await answer("auto-update", path) { () async throws(PortError) in
      do throws(SystemError) {
        return try Files.status(of: path) == nil
          ? nil : try Files.read(path, limit: Self.sizeLimit)
      } catch {
        throw PortError(
          .failed, "\(path) cannot be read: \(error)",
          remedy: "Let the agent's user read it, or see by hand that update.auto.enabled is off.")
      }
    } _: { bytes in
      AutoUpdate.meaning(bytes, isOffByEnvironment: isOffByEnvironment)
    }
  }

  /// `sluice.yaml`'s environment reaches only a gateway that the agent itself starts.
  private var isOffByEnvironment: Bool {
    guard case .process = spec.service else { return false }
    return spec.environment["OPENCLAW_NO_AUTO_UPDATE"].map { !["", "0", "false"].contains($0) }
      ?? false
  }
}
