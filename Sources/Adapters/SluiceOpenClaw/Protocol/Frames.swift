import SluiceSystem

/// The frames of the gateway's protocol, version 4, as far as Sluice reads them
/// (`docs/gateway/protocol` of OpenClaw 2026.9.6).
enum Frames {
  static let protocolVersion = 4

  struct Request<Parameters: Encodable>: Encodable {
    let type = "req"
    let id: String
    let method: String
    let params: Parameters

    enum CodingKeys: CodingKey { case type, id, method, params }
  }

  /// All that is decoded of a frame before it is known whose it is: what people say stays unread.
  struct Envelope: Decodable, Sendable {
    let type: String
    let id: String?
    let ok: Bool?
    let event: String?
    let error: Refusal?
  }

  struct Payload<Value: Decodable>: Decodable {
    let payload: Value
  }

  // MARK: connect

  struct Connect: Encodable {
    struct Client: Encodable {
      /// One of a closed set: a program that is not OpenClaw's own.
      let id = "gateway-client"
      let version = "1.0.0"
      let platform = Platform.current == .macOS ? "macos" : "linux"
      let mode = "backend"

      enum CodingKeys: CodingKey { case id, version, platform, mode }
    }
    struct Authentication: Encodable {
      let token: String
    }

    let minProtocol = Frames.protocolVersion
    let maxProtocol = Frames.protocolVersion
    let client = Client()
    let role = "operator"
    let scopes: [String]
    let caps: [String] = []
    let auth: Authentication

    enum CodingKeys: CodingKey {
      case minProtocol, maxProtocol, client, role, scopes, caps, auth
    }
  }

  struct Hello: Decodable, Sendable {
    struct Server: Decodable, Sendable {
      let version: String
      let buildId: String?
      let bootId: String
    }
    struct Features: Decodable, Sendable {
      let methods: [String]?
    }
    struct Snapshot: Decodable, Sendable {
      struct Suspension: Decodable, Sendable {
        let phase: String
      }
      let suspension: Suspension?
      /// Told to administrators only.
      let stateDir: String?
    }

    let server: Server
    let features: Features?
    let snapshot: Snapshot?

    /// Closed for new work, for any cause.
    var isSuspended: Bool { !["accepting", nil].contains(snapshot?.suspension?.phase) }
    var offer: ProtocolOffer {
      ProtocolOffer(version: server.version, methods: features?.methods.map { Set($0) })
    }
  }

  // MARK: Parameters

  struct Nothing: Codable {}

  struct PrepareSuspension: Encodable {
    let requestId: String
    let terminalPolicy = "terminate"
    let drain = true

    enum CodingKeys: CodingKey { case requestId, terminalPolicy, drain }
  }

  struct SuspensionName: Encodable {
    let suspensionId: String
  }

  struct Restart: Encodable {
    let reason: String
  }

  struct RunQuery: Encodable {
    let kind = "agent_run"
    let limit: Int
    /// Milliseconds since 1970, inclusive.
    let after: Int64?
    /// Of the page before: only older rows.
    let cursor: String?

    enum CodingKeys: CodingKey { case kind, limit, after, cursor }
  }

  struct ChatMessage: Encodable {
    let sessionKey: String
    let message: String
    let idempotencyKey: String
  }

  // MARK: Answers

  struct SystemInfo: Decodable, Sendable {
    let pid: Int32?
    let uptimeMs: Int64?
    let nodeVersion: String?
  }

  struct Skills: Decodable, Sendable {
    struct Skill: Decodable, Sendable {
      let name: String
      let description: String?
      let source: String?
      let filePath: String?
      let eligible: Bool?
    }
    let skills: [Skill]
  }

  struct Runs: Decodable, Sendable {
    struct Event: Decodable, Sendable {
      let sequence: Int64
      let occurredAt: Int64
      let kind: String?
      let status: String
      let runId: String
      let sessionKey: String?
      let eventId: String
    }
    /// Newest first.
    let events: [Event]
    let nextCursor: String?
  }

  struct Lanes: Decodable, Sendable {
    struct Lane: Decodable, Sendable {
      let lane: String?
      let queuedCount: Int
      /// Why nothing in it begins, where the gateway names it.
      let blockedBy: Blocker?
    }

    /// The form of a blocker is not recorded anywhere: only its presence counts.
    struct Blocker: Decodable, Sendable {
      init(from decoder: any Decoder) throws {}
    }
    let lanes: [Lane]
    /// The lanes of sessions, one each: nil when there are none.
    let dynamic: Lane?
  }

  struct Suspension: Decodable, Sendable {
    struct Blocker: Decodable, Sendable {
      let kind: String
      let count: Int
    }

    /// `ready`, `draining`, `busy`, or `running` when no suspension is held.
    let status: String
    let suspensionId: String?
    let expiresAtMs: Int64?
    let activeCount: Int?
    let blockers: [Blocker]?

    /// Sessions in flight. One of them counts in several kinds; where none is named, all that is
    /// active counts.
    var active: Int {
      if status == "ready" { return 0 }
      let turns = blockers?.first { $0.kind == "session-admission" }?.count ?? 0
      return (turns > 0 ? turns : max(0, activeCount ?? 0)).clampedToJSON
    }
  }

  struct Resumed: Decodable, Sendable {
    let ok: Bool
  }

  struct RestartAnswer: Decodable, Sendable {
    let ok: Bool
    /// `scheduled`, `deferred` until work is done, or `coalesced` with an earlier request.
    let status: String?
  }

  struct ChatStarted: Decodable, Sendable {
    let runId: String
  }

  /// The end of a run; its text is not read.
  struct ChatProgress: Decodable, Sendable {
    let runId: String?
    let state: String?
  }
}

/// A refusal as the gateway words it.
struct Refusal: Decodable, Sendable {
  struct Details: Decodable, Sendable {
    let code: String?
    let reason: String?
    let missingScope: String?
    let expectedProtocol: Int?
  }

  let code: String
  let message: String?
  let details: Details?
  let retryAfterMs: Int64?

  /// The gateway is starting or restarting and will answer in a moment.
  var isPassing: Bool {
    ["startup-sidecars", "gateway-restarting"].contains(details?.reason)
  }
}
