import CSluiceSystem

/// One run of a child on a thread of its own: feeds it, reads it, waits for it, ends it.
struct ChildRun {
  /// Between asking a group to end and ending it.
  private static let graceMilliseconds: Int64 = 1_000
  /// How long a child that was killed is waited for: one stuck in the kernel may never end.
  private static let stuckMilliseconds: Int64 = 5_000
  /// How long a pipe that a grandchild holds open is read on after the child's end.
  private static let lingerMilliseconds: Int64 = 100

  private let pid: pid_t
  private let pidfd: Int32
  private var cancel: Int32
  private var input: Int32
  private var output: Int32
  private var error: Int32
  private var pending: ArraySlice<UInt8>
  private let limit: Int
  private var standardOutput: [UInt8] = []
  private var standardError: [UInt8] = []
  private var isTruncated = false
  private let watch: AnswerWatch?
  /// Of both streams, and how much it was when it was last looked at.
  private var written = 0
  private var lookedAt = 0
  private var writtenAt: Int64 = 0
  private var hasAnswered = false

  /// How far the end of the group has been brought about, and the time of the next step.
  private enum Stage {
    case running
    case asked(killAt: Int64)
    case killed(giveUpAt: Int64)
  }

  /// Runs the command to its end. `cancel` is a descriptor that becomes readable to end it early.
  static func perform(
    _ command: ProcessCommand, until watch: AnswerWatch?, cancel: Int32
  ) throws(SystemError) -> ProcessOutcome {
    var pipes: [(read: Int32, write: Int32)] = []
    defer { for pipe in pipes { closeAll([pipe.read, pipe.write]) } }
    for _ in 0..<3 {
      var ends: [Int32] = [-1, -1]
      guard sluice_pipe(&ends) == 0 else { throw .last("pipe") }
      pipes.append((ends[0], ends[1]))
    }
    // The child may end without reading what it is fed.
    sluice_quiet_pipe(pipes[0].write)
    let began = SystemClock.monotonicNanoseconds()
    let pid = try Spawn.start(
      command, input: pipes[0].read, output: pipes[1].write, error: pipes[2].write,
      newSession: false)
    closeAll([pipes[0].read, pipes[1].write, pipes[2].write])
    var run = ChildRun(
      pid: pid, cancel: cancel, input: pipes[0].write, output: pipes[1].read, error: pipes[2].read,
      command: command, watch: watch)
    pipes = []
    let (termination, wasEnded) = try run.wait(deadline: command.deadline, since: began)
    let passed = SystemClock.monotonicNanoseconds() - began
    return ProcessOutcome(
      termination: termination, standardOutput: run.standardOutput,
      standardError: run.standardError, outputTruncated: run.isTruncated,
      timedOut: wasEnded && !run.hasAnswered, endedAfterAnswer: wasEnded && run.hasAnswered,
      duration: .nanoseconds(Int64(passed)))
  }

  private init(
    pid: pid_t, cancel: Int32, input: Int32, output: Int32, error: Int32, command: ProcessCommand,
    watch: AnswerWatch?
  ) {
    self.watch = watch
    self.pid = pid
    self.cancel = cancel
    self.input = input
    self.output = output
    self.error = error
    pending = command.input[...]
    limit = command.outputLimit
    pidfd = sluice_pidfd_open(pid)
    for fd in [input, output, error] { _ = sluice_set_nonblocking(fd) }
    if pending.isEmpty { closeInput() }
  }

  private mutating func wait(
    deadline: Duration, since began: UInt64
  ) throws(SystemError) -> (ProcessOutcome.Termination, wasEnded: Bool) {
    defer { Self.closeAll([input, output, error, pidfd]) }
    var stage = Stage.running
    while sluice_child_has_ended(pid) == 0 {
      let now = Self.milliseconds(since: began)
      let next: Int64
      switch stage {
      case .running where isOver(now, deadline.wholeMilliseconds):
        _ = SystemCalls.kill(-pid, SIGTERM)
        // Seen once, it would only keep every later poll from waiting.
        cancel = -1
        next = now + Self.graceMilliseconds
        stage = .asked(killAt: next)
      case .running: next = min(deadline.wholeMilliseconds, endOfSilence ?? .max)
      case .asked(let killAt) where now >= killAt:
        _ = SystemCalls.kill(-pid, SIGKILL)
        next = now + Self.stuckMilliseconds
        stage = .killed(giveUpAt: next)
      case .asked(let killAt): next = killAt
      case .killed(let giveUpAt) where now >= giveUpAt:
        abandon()
        throw SystemError("waitpid", code: ETIMEDOUT, path: "process \(pid)")
      case .killed(let giveUpAt): next = giveUpAt
      }
      let before = written
      transfer(waiting: next - now, hasEnded: false)
      if written != before { writtenAt = Self.milliseconds(since: began) }
    }
    var wasEnded = false
    if case .running = stage {
    } else {
      // Grandchildren that ignore SIGTERM outlive their leader. It is not reaped yet, so that its
      // number still names this group and no other.
      _ = SystemCalls.kill(-pid, SIGKILL)
      wasEnded = true
    }
    linger()
    return (try reap(), wasEnded)
  }

  /// Whether the group is to be ended now. Sets `hasAnswered` where the answer is there.
  private mutating func isOver(_ now: Int64, _ deadline: Int64) -> Bool {
    if isCancelled { return true }
    let isLate = now >= deadline
    guard let watch, !isTruncated else { return isLate }
    // Each amount of output is looked at once: reading it may take a while.
    guard isLate || endOfSilence.map({ now >= $0 }) == true else { return false }
    lookedAt = written
    hasAnswered = watch.isWhole(standardOutput)
    return isLate || hasAnswered
  }

  /// Nil while nothing new was written since the last look.
  private var endOfSilence: Int64? {
    guard let watch, written != lookedAt else { return nil }
    return writtenAt + watch.silence.wholeMilliseconds
  }

  /// Reads the rest of the pipes, without waiting for a pipe that a grandchild keeps open.
  private mutating func linger() {
    let ended = SystemClock.monotonicNanoseconds()
    while output >= 0 || error >= 0 {
      let left = Self.lingerMilliseconds - Self.milliseconds(since: ended)
      if left <= 0 { return }
      transfer(waiting: left, hasEnded: true)
    }
  }

  /// Leaves a child that does not end to a thread that takes its status some day.
  private func abandon() {
    let pid = pid
    BlockingThread.start {
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    }
  }

  private var isCancelled: Bool {
    var entry = pollfd(fd: cancel, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 0) > 0
  }

  /// One round of poll, then whatever can be read or written at once.
  private mutating func transfer(waiting milliseconds: Int64, hasEnded: Bool) {
    var entries = [
      pollfd(fd: output, events: Int16(POLLIN), revents: 0),
      pollfd(fd: error, events: Int16(POLLIN), revents: 0),
      pollfd(fd: input, events: Int16(POLLOUT), revents: 0),
      pollfd(fd: hasEnded ? -1 : pidfd, events: Int16(POLLIN), revents: 0),
      pollfd(fd: cancel, events: Int16(POLLIN), revents: 0),
    ]
    // Where the system cannot tell of a child's end it is asked for every five milliseconds.
    let bound = max(0, min(milliseconds, pidfd < 0 || hasEnded ? 5 : 60_000))
    guard poll(&entries, nfds_t(entries.count), Int32(bound)) > 0 else { return }
    if entries[0].revents != 0 {
      written += Self.drain(&output, into: &standardOutput, limit, &isTruncated)
    }
    if entries[1].revents != 0 {
      written += Self.drain(&error, into: &standardError, limit, &isTruncated)
    }
    if entries[2].revents != 0 { feed() }
  }

  /// Returns how many bytes came, those beyond the limit too.
  private static func drain(
    _ fd: inout Int32, into buffer: inout [UInt8], _ limit: Int, _ isTruncated: inout Bool
  ) -> Int {
    var total = 0
    var chunk = [UInt8](repeating: 0, count: 65_536)
    // Bounded: a program that writes as fast as it is read must not hold up its own deadline.
    for _ in 0..<16 {
      let count = SystemCalls.read(fd, &chunk)
      if count > 0 {
        total += count
        let room = max(0, limit - buffer.count)
        buffer += chunk[..<min(count, room)]
        if count > room { isTruncated = true }
        continue
      }
      if count < 0, errno == EAGAIN || errno == EINTR { return total }
      closeAll([fd])
      fd = -1
      return total
    }
    return total
  }

  private mutating func feed() {
    let written = pending.withUnsafeBytes { sluice_write(input, $0.baseAddress, $0.count) }
    if written > 0 { pending = pending.dropFirst(written) }
    let isStuck = written < 0 && errno != EAGAIN && errno != EINTR
    if pending.isEmpty || isStuck { closeInput() }
  }

  private mutating func closeInput() {
    Self.closeAll([input])
    input = -1
  }

  private func reap() throws(SystemError) -> ProcessOutcome.Termination {
    var signalled: Int32 = 0
    var value: Int32 = 0
    try check("waitpid", "process \(pid)") { sluice_child_reap(pid, &signalled, &value) }
    return signalled != 0 ? .signalled(value) : .exited(value)
  }

  private static func closeAll(_ descriptors: [Int32]) {
    for fd in descriptors where fd >= 0 { SystemCalls.close(fd) }
  }

  private static func milliseconds(since began: UInt64) -> Int64 {
    Int64((SystemClock.monotonicNanoseconds() - began) / 1_000_000)
  }
}
