import SluiceJSON

/// `openclaw.json` of one gateway: what the stand-in and the real one have in common, and what each
/// has of its own.
struct GatewayConfiguration: Sendable {
  let layout: RehearsalLayout
  let host: RehearsalLayout.Host
  let timing: RehearsalTiming
  let token: String
  let isStandIn: Bool

  var text: String {
    var members: [String: JSONValue] = [
      "gateway": .object(gateway.merging(isStandIn ? [:] : realGateway) { $1 }),
      "skills": ["load": ["extraDirs": [.string("\(host.skills)/current")]]],
    ]
    for (name, value) in isStandIn ? ["standin": standIn] : real { members[name] = value }
    return JSONValue.object(members).prettyText() + "\n"
  }

  private var gateway: [String: JSONValue] {
    [
      "mode": "local", "bind": "loopback", "port": .integer(Int64(host.gatewayPort)),
      "auth": ["mode": "token", "token": .string(token)], "trustedProxies": ["127.0.0.1"],
    ]
  }

  private var standIn: JSONValue {
    let lane =
      (host.arm == .stable ? timing.stableLane : nil).map {
        ["maxConcurrent": JSONValue.integer(Int64($0))]
      } ?? [:]
    let settings: [String: JSONValue] = [
      "startMs": .integer(Int64(timing.gatewayStartMilliseconds)),
      "restartInPlaceMs": .integer(Int64(timing.gatewayStartMilliseconds)),
      "doctorMs": .integer(Int64(timing.gatewayDoctorMilliseconds)),
      "firstSessionExtraMs": .integer(Int64(timing.firstSessionMilliseconds)),
      "webhookDigestPort": .integer(Int64(host.digestPort)),
      "seed": .integer(Int64(host.seed)),
    ]
    return .object(settings.merging(lane) { $1 })
  }

  /// Sessions over HTTP are off unless they are asked for.
  private var realGateway: [String: JSONValue] {
    ["http": ["endpoints": ["chatCompletions": ["enabled": true]]]]
  }

  /// The stand-in model, everything inside the rehearsal's directory, and nothing that runs by
  /// itself: no heartbeat, no request to the network.
  private var real: [String: JSONValue] {
    [
      "logging": ["file": .string("\(host.openclaw)/openclaw.log")],
      "models": [
        "catalogRefresh": ["enabled": false],
        "providers": [
          "standin": [
            "baseUrl": .string("http://\(layout.model)/v1"), "apiKey": "x",
            "api": "openai-completions",
            "models": [
              ["id": "m1", "name": "m1", "contextWindow": 128_000, "maxTokens": 2_048]
            ],
          ]
        ],
      ],
      "agents": [
        "defaults": [
          "model": "standin/m1", "skipBootstrap": true,
          "workspace": .string("\(host.openclaw)/workspace"), "heartbeat": ["every": "0m"],
        ]
      ],
    ]
  }
}
