import CSluiceSystem

/// One run of a child on a thread of its own: feeds it, reads it, waits for it, ends it.
struct ChildRun {
  private static let graceMilliseconds: Int64 = 1_000
  /// How long a pipe that a grandchild holds open is read on after the child's end.
  private static let lingerMilliseconds: Int64 = 100

  private let pid: pid_t
  private let pidfd: Int32
  private let cancel: Int32
  private var input: Int32
  private var output: Int32
  private var error: Int32
  private var pending: ArraySlice<UInt8>
  private let limit: Int
  private var standardOutput: [UInt8] = []
  private var standardError: [UInt8] = []
  private var isTruncated = false

  /// Runs the command to its end. `cancel` is a descriptor that becomes readable to end it early.
  static func perform(_ command: ProcessCommand, cancel: Int32) throws(SystemError)
    -> ProcessOutcome
  {
    var pipes: [(read: Int32, write: Int32)] = []
    defer { for pipe in pipes { closeAll([pipe.read, pipe.write]) } }
    for _ in 0..<3 {
      var ends: [Int32] = [-1, -1]
      guard sluice_pipe(&ends) == 0 else { throw .last("pipe") }
      pipes.append((ends[0], ends[1]))
    }
    let began = SystemClock.monotonicNanoseconds()
    let pid = try Spawn.start(
      command, input: pipes[0].read, output: pipes[1].write, error: pipes[2].write,
      newSession: false)
    closeAll([pipes[0].read, pipes[1].write, pipes[2].write])
    var run = ChildRun(
      pid: pid, cancel: cancel, input: pipes[0].write, output: pipes[1].read, error: pipes[2].read,
      command: command)
    pipes = []
    let (termination, timedOut) = run.wait(deadline: command.deadline, since: began)
    let passed = SystemClock.monotonicNanoseconds() - began
    return ProcessOutcome(
      termination: termination, standardOutput: run.standardOutput,
      standardError: run.standardError, outputTruncated: run.isTruncated, timedOut: timedOut,
      duration: .nanoseconds(Int64(passed)))
  }

  private init(
    pid: pid_t, cancel: Int32, input: Int32, output: Int32, error: Int32, command: ProcessCommand
  ) {
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

  private mutating func wait(deadline: Duration, since began: UInt64) -> (
    ProcessOutcome.Termination, timedOut: Bool
  ) {
    defer { Self.closeAll([input, output, error, pidfd]) }
    let limit = Self.milliseconds(deadline)
    var timedOut = false
    var killAt: Int64?
    var endedAt: Int64?
    while true {
      let now = Int64((SystemClock.monotonicNanoseconds() - began) / 1_000_000)
      if endedAt == nil, sluice_child_has_ended(pid) != 0 { endedAt = now }
      if let endedAt {
        let isQuiet = output < 0 && error < 0
        if isQuiet || now - endedAt >= Self.lingerMilliseconds { return (reap(), timedOut) }
      } else if let kill = killAt, now >= kill {
        _ = Glue.kill(-pid, SIGKILL)
        killAt = nil
      } else if !timedOut, now >= limit || isCancelled {
        timedOut = true
        _ = Glue.kill(-pid, SIGTERM)
        killAt = now + Self.graceMilliseconds
      }
      let next = [endedAt.map { $0 + Self.lingerMilliseconds }, killAt, timedOut ? nil : limit]
        .compactMap(\.self).min()
      transfer(waiting: next.map { max(0, $0 - now) } ?? 50, hasEnded: endedAt != nil)
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
    let bound = pidfd < 0 || hasEnded ? min(milliseconds, 5) : min(milliseconds, 60_000)
    guard poll(&entries, nfds_t(entries.count), Int32(bound)) > 0 else { return }
    if entries[0].revents != 0 { Self.drain(&output, into: &standardOutput, limit, &isTruncated) }
    if entries[1].revents != 0 { Self.drain(&error, into: &standardError, limit, &isTruncated) }
    if entries[2].revents != 0 { feed() }
  }

  private static func drain(
    _ fd: inout Int32, into buffer: inout [UInt8], _ limit: Int, _ isTruncated: inout Bool
  ) {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glue.read(fd, &chunk)
      if count > 0 {
        let room = max(0, limit - buffer.count)
        buffer += chunk[..<min(count, room)]
        if count > room { isTruncated = true }
        continue
      }
      if count < 0, errno == EAGAIN || errno == EINTR { return }
      closeAll([fd])
      fd = -1
      return
    }
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

  private func reap() -> ProcessOutcome.Termination {
    var signalled: Int32 = 0
    var value: Int32 = 0
    guard sluice_child_reap(pid, &signalled, &value) == 1 else { return .exited(-1) }
    return signalled != 0 ? .signalled(value) : .exited(value)
  }

  private static func closeAll(_ descriptors: [Int32]) {
    for fd in descriptors where fd >= 0 { Glue.close(fd) }
  }

  static func milliseconds(_ duration: Duration) -> Int64 {
    let parts = duration.components
    return parts.seconds.multipliedReportingOverflow(by: 1_000).partialValue
      + parts.attoseconds / 1_000_000_000_000_000
  }
}
