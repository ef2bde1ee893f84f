import SluiceCore
import SluiceHTTP
import SluicePorts

/// Everything that Sluice will ask of this OpenClaw, asked once for a person to read. It changes
/// nothing: what drains or restarts is only looked up.
extension OpenClawGateway {
  typealias Meaning = (level: GatewayAnswer.Level, came: String, means: String)

  public func examine(tenants: [String]) async -> [GatewayAnswer] {
    var answers = [await build(), await startup(), await ready()]
    answers.append(await running())
    answers.append(await release())
    answers.append(await work())
    if await speaksProtocol {
      answers.append(await ledger())
      answers += await offer()
    } else {
      answers.append(await closing())
    }
    answers += [await sessions(), await behindBalancer(), await digest()]
    answers += [await configuration(tenants), await doctoring(tenants)]
    if let updates = await autoUpdate() { answers.append(updates) }
    return answers
  }

  func answer<Value: Sendable>(
    _ capability: String, _ asked: String, _ look: () async throws(PortError) -> Value,
    _ read: (Value) -> Meaning
  ) async -> GatewayAnswer {
    let begun = time.now()
    let meaning: Meaning
    do throws(PortError) { meaning = read(try await look()) } catch {
      meaning = (.fault, error.message, error.remedy ?? "")
    }
    return GatewayAnswer(
      capability: capability, asked: asked, level: meaning.level, came: meaning.came,
      means: meaning.means, milliseconds: milliseconds(since: begun))
  }

  // MARK: Build and probes

  private func build() async -> GatewayAnswer {
    await answer("build", "\(spec.cli) --version") { () async throws(PortError) in
      await commandLine.choice()
    } _: { choice in
      let dialect = "spoken to as \(choice.dialect.name.rawValue)"
      return (
        choice.note == nil || spec.dialect != nil ? .expected : .odd,
        choice.build.map { "OpenClaw \($0)" } ?? "no build that it names",
        choice.note.map { "\(dialect): \($0)" } ?? dialect
      )
    }
  }

  private func startup() async -> GatewayAnswer {
    let speaks = await speaksProtocol
    return await answer("startup", "GET /startupz") { () async throws(PortError) in
      try await fetch("/startupz")
    } _: { response in
      let came = Self.shown(response)
      if ProbeReaders.knowsStartup(ProbeAnswer(response)) {
        return (.expected, came, speaks ? "" : "a newer gateway than its program: restart it")
      }
      return speaks
        ? (.odd, came, "no OpenClaw JSON: only /readyz tells when it has started")
        : (.expected, came, "this build does not know it, and answers every path with its page")
    }
  }

  private func ready() async -> GatewayAnswer {
    await answer("readiness", "GET /readyz") { () async throws(PortError) in
      await readiness()
    } _: {
      switch $0 {
      case .started(let failing) where failing.isEmpty: return (.expected, "ready", "")
      case .started(let failing):
        return (
          .odd, "not ready: \(failing.joined(separator: ", "))",
          "Mend it, or take it as it is:  sluice accept"
        )
      case .draining: return (.odd, "draining", "It admits nothing new; somebody closed it.")
      case .starting(let why): return (.odd, "starting: \(why)", "Ask again when it has started.")
      case .down(let why): return (.fault, why, "Start it, and look at its log.")
      case .unintelligible(let what): return (.fault, what, "See which program listens there.")
      }
    }
  }

  // MARK: The process

  private func running() async -> GatewayAnswer {
    let build = await commandLine.choice().build
    let way = await speaksProtocol ? "hello, system.info" : "gateway status --json"
    return await answer("process", way) { () async throws(PortError) in
      try await identity()
    } _: { identity in
      let came =
        "OpenClaw \(identity.version), process \(identity.pid.map(String.init) ?? "?"), boot "
        + identity.bootID.prefix(8)
      guard let build, build != identity.version else { return (.expected, came, "") }
      return (
        .odd, came, "\(build) stands on disk and is not what runs: a restart would change the build"
      )
    }
  }

  private func release() async -> GatewayAnswer {
    let way = await speaksProtocol ? "skills.status" : "gateway call skills.status"
    return await answer("release", way) { () async throws(PortError) in
      try await skills()
    } _: { skills in
      let pack = skills.filter { $0.source == LoadedSkill.packSource }.count
      let marker = skills.first { $0.name == Marker.skillName }
      guard let release = marker.flatMap({ Marker(description: $0.description) }) else {
        return (
          .odd, "\(skills.count) skills, \(pack) of skills.load.extraDirs, no marker of Sluice's",
          "It proves no release by itself: only a start after the link moved counts. Place a slice "
            + "with Sluice, and name its current in skills.load.extraDirs."
        )
      }
      return (.expected, "skills \(release.version) \(release.tree.short), \(pack) of the pack", "")
    }
  }

  private func work() async -> GatewayAnswer {
    let way = await speaksProtocol ? "diagnostics.lanes" : "status --json"
    return await answer("queue", way) { () async throws(PortError) in
      try await queueDepth()
    } _: {
      (.expected, "\($0) wait", "")
    }
  }

  private func ledger() async -> GatewayAnswer {
    await answer("runs", "audit.list") { () async throws(PortError) in
      try await runs(after: nil)
    } _: { page in
      let newest = page.rows.last.map {
        "row \($0.sequence), \(Timestamp.text($0.occurredMilliseconds))"
      }
      return (.expected, newest ?? "no run yet", "evidence beside the balancer's log")
    }
  }

  /// Asks the gateway for its list of methods, because calling a method could change something.
  private func offer() async -> [GatewayAnswer] {
    let wanted: [(capability: String, methods: [GatewayMethod], without: String)] = [
      (
        "drain", [.suspendPrepare, .suspendStatus, .suspendResume],
        "drained by command, where that is there; else SIGTERM lets what runs end"
      ), ("restart", [.restartRequest], "restarted by its service only"),
    ]
    var offer: ProtocolOffer?
    let begun = time.now()
    if let standing = line.hello?.offer {
      offer = standing
    } else {
      offer = try? await converse(to: "say what it offers", with: [.systemInfo]) {
        (conversation) throws(ConversationFailure) in conversation.hello.offer
      }
    }
    return wanted.map { capability, methods, without in
      let missing = methods.filter { offer?.has($0) != true }.map(\.rawValue)
      return GatewayAnswer(
        capability: capability, asked: methods.map(\.rawValue).joined(separator: ", "),
        level: missing.isEmpty ? .expected : .odd,
        came: missing.isEmpty ? "offered, not tried" : "no \(missing.joined(separator: ", "))",
        means: missing.isEmpty ? "" : without, milliseconds: milliseconds(since: begun))
    }
  }

  private func closing() async -> GatewayAnswer {
    let dialect = await commandLine.choice().dialect
    let isThere =
      spec.commands?[OpenClawCommand.suspend.rawValue] != nil
      || dialect.arguments(.suspend) != nil
    return GatewayAnswer(
      capability: "drain", asked: "gateway suspend", level: isThere ? .expected : .odd,
      came: isThere ? "there, not tried" : "this build has none",
      means: isThere
        ? ""
        : "a swing cuts nothing that ends while SIGTERM waits; new requests meet 503 meanwhile",
      milliseconds: 0)
  }

  // MARK: Sessions and the balancer

  private func sessions() async -> GatewayAnswer {
    await answer("sessions", "GET /v1/models") { () async throws(PortError) in
      try await fetch("/v1/models", token: try await tokenToSend())
    } _: { response in
      struct Models: Decodable {
        struct Model: Decodable {}
        let data: [Model]
      }
      let came = Self.shown(response)
      switch response.status {
      case 200 where JSONText.decode(Models.self, response.body) != nil:
        return (.expected, came, "sessions over HTTP are on")
      case 401:
        return (
          .fault, came,
          "Write the value of its gateway.auth.token into the file of openclaw.token_file."
        )
      default:
        return (
          .odd, came,
          "sessions over HTTP are off (gateway.http.endpoints.chatCompletions.enabled): they come "
            + "over WebSockets only, and so does the warm-up"
        )
      }
    }
  }

  private func behindBalancer() async -> GatewayAnswer {
    guard isBesideBalancer else {
      return GatewayAnswer(
        capability: "balancer", asked: "GET /readyz, with forwarded headers", level: .expected,
        came: "asked by the balancer's own health check", means: "", milliseconds: 0)
    }
    return await answer("balancer", "GET /readyz, with forwarded headers") {
      () async throws(PortError) in
      try await faultBehindBalancer()
    } _: { fault in
      fault.map { (.fault, $0, Self.trustedProxies) }
        ?? (.expected, "served", "")
    }
  }

  /// The line of openclaw.json; the address is the balancer's as the gateway sees it.
  private static let trustedProxies =
    "Add to openclaw.json, with the balancer's address where it is another host's:  "
    + #"gateway: { trustedProxies: ["127.0.0.1"] }"#

  private func digest() async -> GatewayAnswer {
    await answer("digest", spec.digest ?? "no URL") { () async throws(PortError) in
      try await webhookDigest()
    } _: { report in
      (
        .expected,
        report.state == .absent ? "none" : "\(report.state.rawValue), \(report.rows) rows", ""
      )
    }
  }

  // MARK: By command

  private func configuration(_ tenants: [String]) async -> GatewayAnswer {
    await answer("configuration", "config") { () async throws(PortError) in
      try await configurationFaults(tenants: tenants)
    } _: { faults in
      guard let first = faults.first else { return (.expected, "valid", "") }
      return (.fault, first, "A restart would not come up with it. Mend it.")
    }
  }

  private func doctoring(_ tenants: [String]) async -> GatewayAnswer {
    await answer("doctor", "doctor") { () async throws(PortError) in
      try await doctor(tenants: tenants)
    } _: { reports in
      let findings = reports.values.flatMap(\.weighty)
      let errors = findings.count { $0.severity == .error }
      let none = findings.contains { $0.check == "sluice/no-doctor" }
      let note = reports.sorted { $0.key < $1.key }.compactMap(\.value.note).first
      return (
        none || note != nil ? .odd : .expected,
        "\(findings.count - errors) warnings, \(errors) errors",
        none
          ? "this build has no Doctor that only reads: its configuration stands for it"
          : note.map { "Doctor's answer counts, though \($0)" } ?? ""
      )
    }
  }

  private func fetch(
    _ path: String, token: GatewayToken? = nil
  ) async throws(PortError) -> HTTPResponse {
    do throws(HTTPError) { return try await probe(path, token: token) } catch {
      throw PortError(
        .unreachable, error.description.shown, remedy: "Start it, and look at its log.")
    }
  }

  private static func shown(_ response: HTTPResponse) -> String {
    "\(response.status) \(kind(of: response))"
  }
}
