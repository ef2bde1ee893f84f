import SluicePorts

/// Every way in which the gateway can fail to answer, in the operator's words.
extension OpenClawGateway {
  /// - Parameter changes: whether a lost answer leaves it open what was done.
  func portError(
    _ failure: ConversationFailure, to purpose: String, changes: Bool, hiding token: GatewayToken
  ) -> PortError {
    func error(
      _ kind: PortError.Kind, _ reason: String, remedy: String? = nil
    ) -> PortError {
      PortError(
        kind, "the gateway at \(address) did not \(purpose): \(reason)", remedy: remedy)
    }
    func quoted(_ text: String) -> String { token.removed(from: text).shown }
    switch failure {
    case .unreachable(let reason):
      return error(
        .unreachable, "it cannot be reached (\(quoted(reason)))",
        remedy: "See whether it runs, and whether it listens there: openclaw gateway status.")
    case .stranger(let what): return error(.refused, what, remedy: Self.strangerRemedy)
    case .notUpgraded(let status):
      return error(
        .refused, "it answered the connection with HTTP status \(status)",
        remedy: status == 403
          ? "Something between adds forwarded headers: reach the gateway directly, on loopback."
          : "See whether it is OpenClaw that listens there, and whether it is stopping.")
    case .lost(let code, let reason):
      let why = reason.isEmpty ? "code \(code)" : "code \(code), \"\(quoted(reason))\""
      return error(
        changes ? .unknown : .unreachable, "the connection ended in the middle (\(why))",
        remedy: changes ? "Look at its state before asking again." : nil)
    case .slow(let deadline):
      return error(
        changes ? .unknown : .unreachable, "no answer within \(deadline.wholeMilliseconds) ms",
        remedy: "See whether the host is overloaded or the gateway hangs: openclaw gateway probe.")
    case .missing(let method, let version):
      return error(
        .refused,
        "OpenClaw \(quoted(version)) has no method \(method.rawValue), needed \(method.needed)",
        remedy: "Update OpenClaw on this host to 2026.9.4 or later.")
    case .unintelligible(let fault):
      return error(
        changes ? .unknown : .failed, quoted(fault),
        remedy: "See which program listens there; Sluice speaks protocol 4 of OpenClaw 2026.9.")
    case .heldByAnother:
      return error(
        .refused, "it is suspended by somebody else, or by an earlier run of Sluice's agent",
        remedy:
          "Drain it again with the token of that drain, or wait: a suspension that nobody renews "
          + "ends after two minutes.")
    case .cancelled:
      return error(changes ? .unknown : .unreachable, "cancelled")
    case .refused(let refusal):
      let (reason, remedy) = Self.words(for: refusal, quoted)
      return error(refusal.isPassing ? .unreachable : .refused, reason, remedy: remedy)
    }
  }

  private static func words(
    for refusal: Refusal, _ quoted: (String) -> String
  ) -> (reason: String, remedy: String?) {
    let text = quoted(refusal.message ?? refusal.code)
    let details = refusal.details
    switch details?.code {
    case "AUTH_TOKEN_MISMATCH", "AUTH_TOKEN_MISSING":
      return (
        "it does not accept the token",
        "Write the value of its gateway.auth.token into the file that openclaw.token_file names."
      )
    case "MISSING_SCOPE":
      return (
        "the connection lacks the scope \(quoted(details?.missingScope ?? "it needs"))",
        "Use the gateway's own token, which holds every scope, not one of a paired device."
      )
    case "PROTOCOL_MISMATCH":
      let theirs = details?.expectedProtocol.map { " \($0)" } ?? ""
      return (
        "it speaks protocol\(theirs), Sluice speaks \(Frames.protocolVersion)",
        "Update whichever is older: OpenClaw on this host, or Sluice."
      )
    default: break
    }
    switch details?.reason {
    case "gateway-suspending":
      return ("it is suspended and answers nothing but suspension (\(text))", nil)
    case "startup-sidecars":
      return ("it is still starting (\(text))", "Ask again when its /readyz says ready.")
    case "gateway-restarting":
      return ("it is restarting (\(text))", "Ask again when its /readyz says ready.")
    case "gateway-suspension-conflict":
      let wait = refusal.retryAfterMs.map { " for another \($0 / 1000 + 1) s" } ?? ""
      return (
        "another drain holds it\(wait)",
        "Let that one end or resume it; a suspension that nobody renews ends by itself."
      )
    default:
      let wait = refusal.retryAfterMs.map { "Try again in \($0 / 1000 + 1) s." }
      return ("\(quoted(refusal.code)): \(text)", wait)
    }
  }
}
