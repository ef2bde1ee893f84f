import SluiceCore
import SluiceHTTP

/// A client whose conversation goes on for as long as a rehearsal, or an act: it comes back after
/// long pauses, and knows where it was.
struct Resident: Sendable {
  /// How the balancer knows it, and how it talks.
  enum Kind: Int, Sendable, CaseIterable {
    case keyedHTTP, cookieHTTP, keyedSocket, cookieSocket
  }

  /// The meaning of a turn for the conversation.
  enum Fate: Sendable, Hashable {
    case kept
    /// The conversation was on the canary, and is on a stable gateway: the canary was emptied.
    case moved
    case lost(String)
    case cancelled
  }

  private enum Channel: Sendable {
    case http(HTTPSession)
    case socket(WebSocketSession)
  }

  let kind: Kind
  private let tally: LoadTally
  private var channel: Channel
  private var arm: Arm?
  private var isFirst = true

  /// - Parameter number: of the conversation; no other one of the load has it.
  init(number: Int, options: LoadOptions, client: HTTPClient, tally: LoadTally) {
    kind = Kind.allCases[number % Kind.allCases.count]
    self.tally = tally
    channel =
      switch kind {
      case .keyedHTTP, .cookieHTTP:
        .http(
          HTTPSession(
            number: number, kind: kind == .keyedHTTP ? .keyed : .cookie, options: options,
            client: client, tally: tally))
      case .keyedSocket, .cookieSocket:
        .socket(
          WebSocketSession(
            number: number, options: options, tally: tally, hasCookies: kind == .cookieSocket))
      }
    tally.sessionBegan(webSocket: kind == .keyedSocket || kind == .cookieSocket)
  }

  mutating func takeTurn() async -> Fate {
    let end: TurnEnd
    switch channel {
    case .http(var session):
      end = await session.takeTurn(isLong: false)
      channel = .http(session)
    case .socket(var session):
      end = await session.takeTurn()
      channel = .socket(session)
    }
    return fate(of: end)
  }

  func close() async {
    if case .socket(let session) = channel { await session.close() }
  }

  mutating func fate(of end: TurnEnd) -> Fate {
    switch end {
    case .answered(let reply, let newArm, let isContextLost):
      let before = arm
      arm = newArm
      tally.replied(release: reply.release, arm: newArm, isFirst: isFirst)
      isFirst = false
      guard isContextLost else { return .kept }
      if before == .canary, newArm == .stable { return .moved }
      let ways = [before, newArm].map { $0?.rawValue ?? "?" }
      return .lost("\(kind): its context was gone, \(ways[0]) → \(ways[1])")
    case .releaseError(let newArm):
      tally.failed(arm: newArm, isFirst: isFirst)
      (arm, isFirst) = (newArm, false)
      return .kept
    case .lost(let reason, let isCut):
      tally.lost(reason, isCut: isCut)
      return .lost("\(kind): \(reason)")
    case .cancelled: return .cancelled
    }
  }
}

/// The fate of the conversations that lived through an act.
public struct ConversationCount: Sendable, Hashable {
  public var kept = 0
  /// From the canary, as it was emptied: before the proof, or by a rollback.
  public var moved = 0
  public var lost = 0
  /// Why, in few words.
  public var losses: [String: Int] = [:]

  public init(kept: Int = 0, moved: Int = 0, lost: Int = 0) {
    (self.kept, self.moved, self.lost) = (kept, moved, lost)
  }
}
