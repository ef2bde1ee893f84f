import SluiceSystem

/// The handshake: who a client is, which protocol it speaks, what it may do.
extension Gateway {
  private static let protocolVersion: Int64 = 4
  private static let minimumProbeProtocol: Int64 = 3

  private static let clientIDs: Set<String> = [
    "webchat-ui", "openclaw-control-ui", "openclaw-browser-copilot", "openclaw-tui", "webchat",
    "cli", "gateway-client", "openclaw-macos", "openclaw-linux", "openclaw-ios",
    "openclaw-watchos", "openclaw-android", "node-host", "openclaw-worker", "test", "fingerprint",
    "openclaw-probe",
  ]

  private static let clientModes: Set<String> = [
    "webchat", "cli", "ui", "backend", "node", "worker", "probe", "test",
  ]

  /// A refusal that ends the connection.
  private struct Refusal: Error {
    let error: ProtocolError
    var closeCode: UInt16 = 1008
  }

  func connect(
    _ connection: ProtocolConnection, _ requestID: String, _ method: String, _ parameters: JSON
  ) {
    do throws(Refusal) {
      guard method == "connect" else {
        throw Refusal(error: .invalidRequest("invalid handshake: first request must be connect"))
      }
      try checkClient(parameters)
      try checkProtocol(parameters)
      try checkToken(parameters["auth"]?["token"]?.text)
      let scopes = (parameters["scopes"]?.items ?? []).compactMap(\.text)
      connections[connection.id]?.scopes = Set(scopes)
      connection.respond(requestID, .success(hello(connection.id, scopes.sorted())))
    } catch {
      connection.respond(requestID, .failure(error.error))
      drop(connection, error.closeCode, error.error.message)
    }
  }

  private func checkClient(_ parameters: JSON) throws(Refusal) {
    func refuse(_ place: String, _ reason: String) -> Refusal {
      Refusal(error: .invalidRequest("invalid connect params: at \(place): \(reason)"))
    }
    let isNotAllowed = "must be equal to one of the allowed values"
    for key in ["minProtocol", "maxProtocol"] where parameters[key]?.whole == nil {
      throw refuse("/\(key)", "must be integer")
    }
    guard let id = parameters.at("client.id")?.text, Self.clientIDs.contains(id) else {
      throw refuse("/client/id", isNotAllowed)
    }
    for key in ["version", "platform"] where parameters.at("client.\(key)")?.text == nil {
      throw refuse("/client/\(key)", "must be string")
    }
    guard let mode = parameters.at("client.mode")?.text, Self.clientModes.contains(mode) else {
      throw refuse("/client/mode", isNotAllowed)
    }
    guard ["operator", nil].contains(parameters["role"]?.text) else {
      // Nodes and workers pair with devices, which the stand-in does not have.
      throw Refusal(error: .invalidRequest("invalid role"))
    }
  }

  private func checkProtocol(_ parameters: JSON) throws(Refusal) {
    let low = parameters["minProtocol"]?.whole ?? 0
    let high = parameters["maxProtocol"]?.whole ?? 0
    if low <= Self.protocolVersion, high >= Self.protocolVersion { return }
    throw Refusal(
      error: .invalidRequest(
        "protocol mismatch",
        details: [
          "clientMaxProtocol": .integer(high), "clientMinProtocol": .integer(low),
          "code": "PROTOCOL_MISMATCH", "expectedProtocol": .integer(Self.protocolVersion),
          "minimumProbeProtocol": .integer(Self.minimumProbeProtocol),
        ]), closeCode: 1002)
  }

  private func checkToken(_ token: String?) throws(Refusal) {
    if token == self.token { return }
    let isMissing = token?.isEmpty ?? true
    let what = isMissing ? "missing" : "mismatch"
    throw Refusal(
      error: .invalidRequest(
        "unauthorized: gateway token \(what) (provide gateway auth token)",
        details: [
          "authReason": .string("token_\(what)"), "canRetryWithDeviceToken": false,
          "code": .string("AUTH_TOKEN_\(what.uppercased())"),
          "recommendedNextStep": .string(
            isMissing ? "update_auth_configuration" : "update_auth_credentials"),
        ]))
  }

  private func hello(_ connectionID: String, _ scopes: [String]) -> JSON {
    [
      "type": "hello-ok", "protocol": .integer(Self.protocolVersion),
      "server": [
        "version": .string(configuration.standIn.version), "connId": .string(connectionID),
        "bootId": .string(bootID), "buildId": .string(buildID), "controlUiBuildSource": "bundled",
      ],
      "features": [
        "methods": .strings(ProtocolMethod.allCases.map(\.rawValue)),
        "events": [
          "connect.challenge", "agent", "chat", "tick", "shutdown", "gateway.suspension",
        ],
        "capabilities": ["gateway-restart-target-safe-v1", "model-catalog-snapshot"],
      ],
      "snapshot": snapshot,
      "auth": [
        "method": "token", "recoveryScope": .string(Identifier.derived(from: processInstanceID)),
        "role": "operator", "scopes": .strings(scopes),
      ],
      "policy": [
        "maxPayload": 26_214_400, "maxBufferedBytes": 52_428_800, "tickIntervalMs": 30_000,
        "attachments": ["maxBytes": 19_464_192, "maxImageBytes": 6_291_456],
        "allowedSessionVisibilities": ["shared", "read-only", "suggest", "draft"],
        "hasMultipleSessionSharingIdentities": false,
      ],
      "controlUiLinkReaders": [], "controlUiWidgetKinds": [], "pluginSurfaceUrls": [:],
    ]
  }

  private var snapshot: JSON {
    [
      "appliedConfigHash": .string(
        "hmac-sha256:v1:\(Identifier.derived(from: configuration.path))"),
      "authMode": "token", "configPath": .string(configuration.path), "health": [:],
      "presence": [
        [
          "host": .string(HostFacts.hostName), "mode": "gateway", "reason": "self",
          "platform": .string(OwnProcess.platform), "ts": .integer(wall),
          "version": .string(configuration.standIn.version),
        ]
      ],
      "sessionDefaults": [
        "defaultAgentId": "main", "mainKey": "main", "mainSessionKey": "agent:main:main",
        "modelConfigured": true, "ownership": "sole", "scope": "per-sender",
        "selectionRequired": false,
      ],
      "stateDir": .string(configuration.stateDirectory),
      "stateVersion": ["health": 1, "presence": 1],
      "suspension": ["phase": .string(suspension.phase)], "uptimeMs": .integer(processUptime),
    ]
  }
}
