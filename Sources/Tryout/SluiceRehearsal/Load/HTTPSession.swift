import SluiceCore
import SluiceHTTP
import SluiceSystem

/// One client that talks HTTP: a single question, or a conversation of several turns.
struct HTTPSession: Sendable {
  enum Kind: Sendable {
    /// One turn, without a pin.
    case single
    /// The balancer knows it by its session key.
    case keyed
    /// The balancer knows it by the cookies that it set; the gateway by its user.
    case cookie
  }

  enum Outcome: Sendable {
    case answered(Reply, Arm?)
    case releaseError(Arm?)
    case lost(String, isCut: Bool = false)
    case cancelled
  }

  let number: Int
  let kind: Kind
  let options: LoadOptions
  let client: HTTPClient
  let tally: LoadTally

  private var conversation = Conversation()
  private var cookies = CookieJar()

  init(number: Int, kind: Kind, options: LoadOptions, client: HTTPClient, tally: LoadTally) {
    self.number = number
    self.kind = kind
    self.options = options
    self.client = client
    self.tally = tally
  }

  mutating func run() async {
    tally.sessionBegan()
    let turns = if case .single = kind { 1 } else { options.turns }
    for turn in 1...turns {
      if turn > 1, await !think() { return }
      tally.turnSent()
      let isLong = isLong(turn)
      let isFirst = !conversation.isAnswered
      switch await takeTurn(isLong: isLong) {
      case .answered(let reply, let arm, let isContextLost):
        if isContextLost { tally.contextLost() }
        tally.replied(release: reply.release, arm: arm, isFirst: isFirst, isLong: isLong)
      case .releaseError(let arm): tally.failed(arm: arm, isFirst: isFirst)
      case .lost(let reason, let isCut): return tally.lost(reason, isCut: isCut)
      case .cancelled: return
      }
    }
  }

  mutating func takeTurn(isLong: Bool) async -> TurnEnd {
    tally.turnBegan()
    let outcome = await exchange(isLong)
    tally.turnEnded()
    switch outcome {
    case .answered(let reply, let arm):
      return .answered(reply, arm, isContextLost: conversation.take(reply))
    case .releaseError(let arm):
      conversation.noteError()
      return .releaseError(arm)
    case .lost(let reason, let isCut): return .lost(reason, isCut: isCut)
    case .cancelled: return .cancelled
    }
  }

  /// Later turns do not vote: what takes long there deceives no judge.
  private func isLong(_ turn: Int) -> Bool {
    options.longTurnSeconds > 0 && turn > 1 && turn == options.turns && number.isMultiple(of: 2)
  }

  /// False when the load ends.
  private func think() async -> Bool {
    let pause = Duration.milliseconds(options.thinkMilliseconds)
    guard (try? await SystemClock.sleep(for: pause)) != nil else { return false }
    return !tally.isStopping
  }

  /// One turn, asked again for as long as the client is told to wait.
  private mutating func exchange(_ isLong: Bool) async -> Outcome {
    let deadline = SystemClock.monotonicMilliseconds() + options.patienceMilliseconds
    while true {
      let response: HTTPResponse
      do { response = try await client.send(request(isLong)) } catch {
        guard error.kind != .cancelled else { return .cancelled }
        return .lost("\(error.kind): \(error.message)", isCut: error.kind == .closed)
      }
      keepCookies(of: response)
      guard response.status == 503, let seconds = Self.retryAfter(response) else {
        return outcome(of: response)
      }
      tally.waited()
      guard SystemClock.monotonicMilliseconds() + seconds * 1_000 < deadline else {
        return .lost("told to wait for longer than \(options.patienceMilliseconds / 1_000) s")
      }
      // A little after the time, each at another moment: they shall not all come back at once.
      let pause = Duration.milliseconds(seconds * 1_000 + Int64(number % 10) * 50)
      guard (try? await SystemClock.sleep(for: pause)) != nil, !tally.isStopping else {
        return .cancelled
      }
    }
  }

  func outcome(of response: HTTPResponse) -> Outcome {
    let arm = response.headers["X-Sluice-Arm"].flatMap(Arm.init)
    switch response.status {
    case 200:
      guard let reply = Reply(completion: response.body) else {
        return .lost("200 without an answer to the turn")
      }
      return .answered(reply, arm)
    case options.releaseError.status where Reply.isError(options.releaseError, response.body):
      return .releaseError(arm)
    case 503: return .lost("503 without Retry-After")
    default: return .lost("status \(response.status)")
    }
  }

  /// Seconds, at most five, so that a client of a rehearsal does not wait for long.
  static func retryAfter(_ response: HTTPResponse) -> Int64? {
    guard let seconds = response.headers["Retry-After"].flatMap(Int64.init), seconds >= 0 else {
      return nil
    }
    return min(seconds, 5)
  }

  private func request(_ isLong: Bool) -> HTTPRequest {
    var headers: HTTPHeaders = [
      "Authorization": "Bearer \(options.token)", "Content-Type": "application/json",
    ]
    var user = ""
    switch kind {
    case .single: break
    case .keyed: headers.add("x-openclaw-session-key", "rehearsal-\(options.seed)-\(number)")
    case .cookie:
      user = #","user":"rehearsal-\#(options.seed)-\#(number)""#
      if let line = cookies.line { headers.add("Cookie", line) }
    }
    let question =
      LoadOptions.question + (isLong ? " Take \(options.longTurnSeconds) seconds." : "")
    let body =
      #"{"model":"openclaw","messages":[{"role":"user","content":"\#(question)"}]\#(user)}"#
    return HTTPRequest(
      "POST", "http://\(options.target)/v1/chat/completions", headers: headers,
      body: Array(body.utf8), deadline: .milliseconds(options.answerMilliseconds))
  }

  private mutating func keepCookies(of response: HTTPResponse) {
    guard case .cookie = kind else { return }
    cookies.keep(response.headers)
  }
}
