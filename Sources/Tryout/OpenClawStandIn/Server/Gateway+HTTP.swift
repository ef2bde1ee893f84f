import SluiceHTTP

extension Gateway {
  /// Every request of the port, in the order of the real one's checks.
  func answer(_ request: HTTPRequest, _ responder: HTTPResponder) {
    if request.path == "/healthz" || request.path == "/health" {
      return responder.respond(
        probe(request) { Answers.json(["ok": true, "status": "live"]) })
    }
    let attribution = ProxyAttribution.resolve(
      request, trustedProxies: configuration.trustedProxies)
    let isUpgrade = request.headers["Upgrade"]?.lowercased() == "websocket"
    let isProbe = ["/startupz", "/readyz"].contains(request.path)
    let isInterface = request.path == "/v1" || request.path.hasPrefix("/v1/")
    if attribution == .unattributable, isUpgrade || isProbe || isInterface {
      return responder.respond(Answers.proxyAttributionRequired)
    }
    if isUpgrade { return upgrade(responder) }
    let seesDetails = attribution == .directLocal || hasToken(request)
    switch request.path {
    case "/startupz": responder.respond(probe(request) { startup(details: seesDetails) })
    case "/readyz": responder.respond(probe(request) { readiness(details: seesDetails) })
    case _ where isInterface: answerInterface(request, responder)
    default: responder.respond(Answers.controlPage(buildID: buildID))
    }
  }

  func hasToken(_ request: HTTPRequest) -> Bool {
    guard let given = request.headers["Authorization"] else { return false }
    let parts = given.split(separator: " ", maxSplits: 1)
    return parts.count == 2 && parts[0].lowercased() == "bearer"
      && parts[1] == token
  }

  /// A release that brings another one makes every client a stranger.
  var token: String { pack.quality.token ?? configuration.token }

  private var servesInterface: Bool {
    configuration.servesInterface && pack.quality.servesInterface
  }

  private func answerInterface(_ request: HTTPRequest, _ responder: HTTPResponder) {
    guard servesInterface else { return responder.respond(Answers.notFound) }
    switch (request.path, request.method) {
    case ("/v1/chat/completions", "POST"), ("/v1/models", "GET"):
      guard admitsWork else { return responder.respond(Answers.gatewayUnavailable) }
      guard hasToken(request) else { return responder.respond(Answers.unauthorized) }
      if request.path == "/v1/models" { return responder.respond(Self.models) }
      if let refusal = refusal { return responder.respond(refusal) }
      completeChat(request, responder)
    case ("/v1/chat/completions", _), ("/v1/models", _):
      responder.respond(Answers.methodNotAllowed)
    default:
      responder.respond(Answers.notFound)
    }
  }

  /// The answer that the pack gives to some sessions, before any run begins.
  private var refusal: HTTPResponse? {
    guard let answer = pack.quality.answer, generator.unit() < answer.rate else { return nil }
    return Answers.refusal(status: answer.status)
  }

  private static let models: HTTPResponse = {
    func model(_ name: JSON) -> JSON {
      ["id": name, "object": "model", "created": 0, "owned_by": "openclaw", "permission": []]
    }
    return Answers.json(
      ["object": "list", "data": [model("openclaw"), model("openclaw/default")]], cached: true)
  }()
}

// MARK: Probes

extension Gateway {
  private func probe(_ request: HTTPRequest, _ answer: () -> HTTPResponse) -> HTTPResponse {
    request.method == "GET" ? answer() : Answers.methodNotAllowed
  }

  private var isDraining: Bool {
    phase == .stopping || phase == .restarting || phase == .ended || suspension.isHeld
  }

  private func startup(details: Bool) -> HTTPResponse {
    let status = phase == .starting ? "starting" : isDraining ? "draining" : "started"
    var body: JSON = ["ok": .bool(status == "started"), "status": .string(status)]
    if details {
      body = body.adding("version", .string(configuration.standIn.version))
      body = body.adding("uptimeMs", .integer(uptime))
      if phase == .starting { body = body.adding("pendingReason", "startup-sidecars") }
    }
    return Answers.json(body, status: status == "started" ? 200 : 503)
  }

  private func readiness(details: Bool) -> HTTPResponse {
    let failing: [String] =
      phase == .starting ? ["startup-sidecars"] : isDraining ? ["gateway-draining"] : []
    var body: JSON = ["ready": .bool(failing.isEmpty)]
    if details {
      body = body.adding("failing", .strings(failing))
      body = body.adding("uptimeMs", .integer(uptime))
      if phase != .starting { body = body.adding("eventLoop", eventLoop) }
    }
    return Answers.json(body, status: failing.isEmpty ? 200 : 503)
  }

  /// There is no event loop of Node's to measure: a calm one is reported.
  var eventLoop: JSON {
    [
      "degraded": false, "degradedSinceMs": nil, "reasons": [], "intervalMs": 1000.5,
      "delayP99Ms": 20.5, "delayMaxMs": 20.5, "utilization": 0.05, "cpuCoreRatio": 0.05,
      "cpuBreakdown": [
        "mainThreadCoreRatio": 0.04, "hostUtilization": 0.5,
        "hostCpuCount": .int(OwnProcess.processorCount), "workerCoreRatio": 0,
        "otherThreadsCoreRatio": 0.01,
      ],
    ]
  }
}
