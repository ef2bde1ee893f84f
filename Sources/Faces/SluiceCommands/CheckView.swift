import SluiceArguments
import SluiceCore
import SluicePorts
import SluiceStatus

/// A check as an operator reads it: first the answer, then for each host its faults and their
/// remedies. The table of all answers follows for a host with a fault, or for every host on request.
struct CheckView {
  private typealias Host = (name: HostName, result: Result<HostCheck, PortError>)

  private let check: FleetCheck
  private let fleet: Fleet
  private let hosts: [Host]
  private let showsAll: Bool

  /// - Parameter showsAll: whether every host gets the table of its answers.
  init(_ check: FleetCheck, fleet: Fleet, showsAll: Bool = false) {
    self.showsAll = showsAll
    self.check = check
    self.fleet = fleet
    hosts = check.hosts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  func lines(width: Int = TerminalSize.widest, style: Style) -> [String] {
    let texts = [headline] + balancer
    return texts.flatMap { Self.set($0, at: 11, width, style) }
      + hosts.enumerated().flatMap { index, host in
        (index == 0 || hasTable(host) || hasTable(hosts[index - 1]) ? [""] : [])
          + lines(of: host, width, style)
      } + advice(width, style) + hint(style)
  }

  private static func set(
    _ text: StyledText, at indent: Int, _ width: Int, _ style: Style
  ) -> [String] {
    text.hanging(at: indent, width: width).map { $0.rendered(style) }
  }

  private var headline: StyledText {
    let good = "\(check.goodHosts) of \(hosts.count) hosts"
    guard check.isWell else {
      return StyledText("NOT in order   ", .bad) + StyledText("\(good) are")
    }
    let remarked = check.remarkedHosts
    let remarks = remarked > 0 ? "; remarks on \(remarked) of them" : ""
    let answer = hosts.count == 1 ? "1 host, in order" : "\(hosts.count) hosts, all in order"
    return StyledText(answer, .good) + StyledText(remarks)
  }

  private func hasTable(_ host: Host) -> Bool {
    guard case .success(let found) = host.result else { return false }
    return showsAll || found.worst == .fault
  }

  private func hint(_ style: Style) -> [String] {
    let isShort = hosts.contains { host in
      if case .success = host.result { !hasTable(host) } else { false }
    }
    return isShort ? ["", style.paint("sluice check --all shows every answer", .faint)] : []
  }

  private var balancer: [StyledText] {
    let title = "balancer   "
    let state: StyledText
    switch check.balancer {
    case .success(let found):
      let up = found.servers.filter(\.isInService).count
      state = StyledText(
        "\(title)share \(found.weights.share), \(up) of \(found.servers.count) servers in service")
    case .failure(let error):
      state =
        StyledText(title + error.message, .bad) + StyledText(error.remedy.map { "  \($0)" } ?? "")
    }
    return [state]
      + (check.unconfined.map { [StyledText("  remark   ", .warning) + StyledText($0)] } ?? [])
  }

  // MARK: One host

  private func lines(of host: Host, _ width: Int, _ style: Style) -> [String] {
    switch host.result {
    case .failure(let error):
      let text =
        StyledText("\(host.name)   ") + StyledText("silent", .bad)
        + StyledText("   \(error.message)\(error.remedy.map { ". \($0)" } ?? "")")
      return Self.set(text, at: 8, width, style)
    case .success(let found):
      let troubles = found.answers.filter { !$0.means.isEmpty && $0.level != .expected }.map {
        StyledText("  \(Self.word($0.level))", Self.tone($0.level))
          + StyledText("  \($0.capability): \($0.means)")
      }
      let stops = check.stops(on: host.name).map {
        StyledText("  STOPS a promotion", .bad) + StyledText("  \($0)")
      }
      return Self.set(Self.head(of: found), at: 8, width, style)
        + (troubles + stops).flatMap { Self.set($0, at: 10, width, style) }
        + (hasTable(host) ? Self.table(of: found).lines(width: width - 2, style: style) : [])
        .map { "  \($0)" }
    }
  }

  private static func table(of check: HostCheck) -> TextTable {
    var table = TextTable(["", "asked", "answer", "took"])
    for answer in check.answers {
      table.add([
        StyledText(answer.capability, tone(answer.level)), StyledText(answer.asked),
        StyledText(answer.came, tone(answer.level)),
        StyledText(Wording.duration(answer.milliseconds), .faint),
      ])
    }
    return table
  }

  private static func head(of check: HostCheck) -> StyledText {
    let build = check.profile?.build.map { "OpenClaw \($0)" } ?? "OpenClaw of an unknown build"
    let dialect = check.profile.map { ", dialect \($0.dialect.rawValue)" } ?? ""
    let remarks = check.answers.count { $0.level == .odd }
    let state =
      switch check.worst {
      case .expected: "in order"
      case .odd: remarks == 1 ? "in order, 1 remark" : "in order, \(remarks) remarks"
      case .fault: word(.fault)
      }
    return StyledText("\(check.host)", .strong) + StyledText("   \(build)\(dialect)   ")
      + StyledText(state, check.worst == .expected ? .good : tone(check.worst))
  }

  private static func word(_ level: GatewayAnswer.Level) -> String {
    switch level {
    case .expected: "as expected"
    case .odd: "remark"
    case .fault: "FAULT"
    }
  }

  private static func tone(_ level: GatewayAnswer.Level) -> Tone {
    switch level {
    case .expected: .plain
    case .odd: .warning
    case .fault: .bad
    }
  }

  // MARK: How long things take

  private func advice(_ width: Int, _ style: Style) -> [String] {
    let advice =
      check.timed.flatMap { check.advice(on: $0, of: fleet) } + HostTimings.advice(onHoldsOf: fleet)
    guard !check.timed.isEmpty || !advice.isEmpty else { return [] }
    let rows = check.timed.map { StyledText("  \($0.host)   \($0.timings.sentence)") }
    let remarks = advice.map { StyledText("  remark   ", .warning) + StyledText($0) }
    return ["", style.paint("How long things take", .strong)]
      + (rows + remarks).flatMap { Self.set($0, at: 11, width, style) }
  }
}
