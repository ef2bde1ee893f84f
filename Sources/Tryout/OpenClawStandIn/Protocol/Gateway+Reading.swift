import SluiceSystem

/// The methods that only read.
extension Gateway {
  // MARK: skills.status

  /// The skills that this process has loaded; the disk may have moved on.
  var skillsStatus: JSON {
    followLinks()
    return [
      "agentId": "main", "managedSkillsDir": "\(configuration.stateDirectory)/skills",
      "skills": .array(pack.skills.map(Self.entry) + Self.bundled),
      "workspaceDir": "\(configuration.stateDirectory)/workspace",
    ]
  }

  private static let nothingMissing: JSON = [
    "anyBins": [], "bins": [], "config": [], "env": [], "os": [],
  ]

  private static func entry(_ skill: Skill) -> JSON {
    entry(
      skill, source: "openclaw-extra", isEligible: true, missing: nothingMissing)
  }

  private static func entry(
    _ skill: Skill, source: String, isEligible: Bool, missing: JSON
  ) -> JSON {
    [
      "always": false, "baseDir": .string(skill.baseDirectory), "blockedByAgentFilter": false,
      "blockedByAllowlist": false, "bundled": .bool(source == "openclaw-bundled"),
      "commandVisible": .bool(isEligible && skill.userInvocable), "configChecks": [],
      "description": .string(skill.description), "disabled": false, "eligible": .bool(isEligible),
      "filePath": .string(skill.filePath), "install": [], "missing": missing,
      "modelVisible": .bool(isEligible && !skill.disableModelInvocation),
      "name": .string(skill.name), "platformIncompatible": false, "requirements": missing,
      "skillKey": .string(skill.name), "source": .string(source),
      "userInvocable": .bool(skill.userInvocable),
    ]
  }

  /// Two of the real one's dozens, one of which is not eligible: a reader must tell sources apart.
  private static let bundled: [JSON] = [
    entry(
      Skill(
        name: "1password",
        description: "Set up and use 1Password CLI for sign-in, desktop integration, and reading "
          + "or injecting secrets.",
        baseDirectory: "/opt/openclaw/skills/1password"),
      source: "openclaw-bundled", isEligible: false,
      missing: ["anyBins": [], "bins": ["op"], "config": [], "env": [], "os": []]),
    entry(
      Skill(
        name: "add-model-provider",
        description: "Add and live-prove a model provider with non-interactive config one-liners, "
          + "without exposing credentials.",
        baseDirectory: "/opt/openclaw/custodian-skills/add-model-provider"),
      source: "openclaw-custodian", isEligible: true, missing: nothingMissing),
  ]

  // MARK: system.info

  var systemInfo: JSON {
    let space = try? Files.freeSpace(at: configuration.stateDirectory)
    let (free, total) = (space?.0 ?? 0, space?.1 ?? 0)
    return [
      "arch": .string(OwnProcess.architecture), "cpuCount": .int(OwnProcess.processorCount),
      "cpuModel": "stand-in", "defaultAgentUtilityModel": ["status": "unavailable"],
      "diskAvailableBytes": .integer(free), "diskPath": .string(configuration.stateDirectory),
      "diskTotalBytes": .integer(total),
      "disks": [["availableBytes": .integer(free), "path": "/", "totalBytes": .integer(total)]],
      "eventLoop": eventLoop, "hostname": .string(HostFacts.hostName),
      "loadAverage": [0, 0, 0], "machineName": .string(HostFacts.hostName),
      "memoryFreeBytes": .integer(OwnProcess.physicalMemory / 2),
      "memoryTotalBytes": .integer(OwnProcess.physicalMemory), "nodeVersion": "v24.19.0",
      "osLabel": .string(OwnProcess.platform), "pid": .integer(Int64(OwnProcess.identifier)),
      "platform": .string(OwnProcess.platform), "port": .integer(Int64(configuration.port)),
      "processInstanceId": .string(processInstanceID),
      "processMemory": [
        "arrayBuffersBytes": 0, "externalBytes": 0, "heapTotalBytes": 0, "heapUsedBytes": 0,
        "rssBytes": .integer(OwnProcess.residentBytes),
      ],
      "release": "stand-in", "uptimeMs": .integer(processUptime),
    ]
  }

  // MARK: diagnostics.lanes

  var lanes: JSON {
    let limits: [(String, Int)] = [
      ("active-memory", 8), ("background", 3), ("cron", 8), ("cron-nested", 8),
      ("main", configuration.standIn.maxConcurrent), ("nested", 1), ("subagent", 8),
      ("system-agent", 1), ("system-agent-inference", 1),
    ]
    let active = lane.running.count
    // A lane a session that has something to do.
    let dynamic: JSON =
      active == 0
      ? .null
      : [
        "activeCount": .int(active), "laneCount": .int(active), "queuedCount": 0,
        "queuedLaneCount": 0,
      ]
    return [
      "dynamic": dynamic,
      "lanes": .array(
        limits.map { name, limit in
          [
            "activeCount": .int(name == "main" ? active : 0), "blockedBy": nil, "draining": false,
            "generation": 0, "lane": .string(name), "maxConcurrent": .int(limit),
            "queuedCount": .int(name == "main" ? lane.waiting.count : 0),
          ]
        }), "ts": .integer(wall),
    ]
  }

  // MARK: audit.list

  func listAudit(_ parameters: JSON) throws(ProtocolError) -> JSON {
    let invalid = ProtocolError.invalidParameters("audit.list")
    guard
      parameters.hasOnly([
        "agentId", "sessionKey", "runId", "kind", "status", "after", "before", "limit", "cursor",
      ])
    else { throw invalid }
    for key in ["after", "before", "limit"] {
      if let value = parameters[key], (value.whole ?? -1) < 0 { throw invalid }
    }
    for key in ["sessionKey", "runId", "kind", "status", "agentId", "cursor"] {
      if let value = parameters[key], value.text?.isEmpty ?? true { throw invalid }
    }
    let limit = parameters["limit"]?.whole ?? 100
    guard (1...500).contains(limit) else { throw invalid }
    var query = AuditLog.Query(
      limit: Int(limit), after: parameters["after"]?.whole, before: parameters["before"]?.whole,
      status: parameters["status"]?.text, sessionKey: parameters["sessionKey"]?.text,
      runID: parameters["runId"]?.text)
    if let cursor = parameters["cursor"]?.text {
      guard let sequence = Int64(cursor), sequence > 0 else {
        throw .invalidRequest("invalid audit.list range or cursor")
      }
      query.cursor = sequence
    }
    if let after = query.after, let before = query.before, after > before {
      throw .invalidRequest("invalid audit.list range or cursor")
    }
    // There are no other rows than those of agent runs, of the agent `main`.
    let isOurs =
      ["agent_run", nil].contains(parameters["kind"]?.text)
      && ["main", nil].contains(parameters["agentId"]?.text)
    guard isOurs else { return ["events": []] }
    let page = audit.page(query)
    let answer: JSON = ["events": .array(page.rows.map(\.json))]
    guard let next = page.nextCursor else { return answer }
    return answer.adding("nextCursor", .string(String(next)))
  }

  // MARK: sessions.list

  /// Sessions with work in flight. The stand-in keeps no list of the others: without `activeOnly`
  /// the answer is the same.
  func listSessions(_ parameters: JSON) throws(ProtocolError) -> JSON {
    guard parameters.keys != nil else { throw .invalidParameters("sessions.list") }
    let limit = Int(parameters["limit"]?.whole ?? 100)
    guard limit > 0 else { throw .invalidParameters("sessions.list") }
    let runs = lane.all.sorted { ($0.admittedAt, $0.id) > ($1.admittedAt, $1.id) }
    let shown = runs.prefix(limit).map { run -> JSON in
      [
        "key": .string(run.sessionKey), "kind": "direct", "agentId": "main",
        "sessionId": .string(Identifier.derived(from: run.sessionKey)), "hasActiveRun": true,
        "activeRunIds": [.string(run.id)], "status": "running",
        "startedAt": .integer(run.startedAt ?? run.admittedAt), "updatedAt": .integer(wall),
      ]
    }
    // Sessions that rest lie on the disk; the real one lists them, too.
    let isActiveOnly = parameters["activeOnly"]?.flag ?? false
    let total = isActiveOnly ? runs.count : max(runs.count, sessions.count)
    return [
      "count": .int(shown.count),
      "defaults": [
        "contextTokens": 128_000, "model": "m1", "modelProvider": "standin",
        "modelSelectionTarget": "session", "thinkingDefault": "off",
        "thinkingLevels": [["id": "off", "label": "off"]], "thinkingOptions": ["off"],
        "agentRuntime": [
          "cloudPlacementSupported": false, "devicePlacementSupported": false, "id": "auto",
          "source": "implicit",
        ],
      ], "hasMore": .bool(runs.count > shown.count), "limitApplied": .int(limit),
      "nextOffset": runs.count > shown.count ? .int(shown.count) : .null, "owners": [],
      "path": "\(configuration.stateDirectory)/agents/main/sessions", "sessions": .array(shown),
      "totalCount": .int(total), "ts": .integer(wall),
    ]
  }
}
