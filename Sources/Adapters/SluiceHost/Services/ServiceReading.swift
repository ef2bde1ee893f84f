import SluiceCore
import SluicePorts
import SluiceSystem

/// A service's state, read from the service manager's own words. Text that could mean two things is
/// `unknown`: taking it for `stopped` would start a second gateway.
enum ServiceReading: Sendable, Hashable {
  case running(pid: Int32)
  /// The manager knows the service, but it has no process. Holds the last exit code, where the
  /// manager reports it.
  case stopped(exitCode: Int32?)
  /// Without a process, and its manager is about to start it by itself; how that is called.
  case pending(String, exitCode: Int32?)
  /// The manager does not know it.
  case absent
  case unknown(String)

  /// For `.running` and `.stopped`; the others are errors.
  func status(of name: String, absentRemedy: String) throws(PortError) -> ServiceStatus {
    switch self {
    case .running(let pid):
      ServiceStatus(
        pid: pid, startedAtMilliseconds: Processes.identity(of: pid)?.startedMilliseconds)
    case .stopped(let code):
      ServiceStatus(pid: nil, startedAtMilliseconds: nil, lastExitCode: code)
    case .pending(let words, let code):
      ServiceStatus(pid: nil, startedAtMilliseconds: nil, lastExitCode: code, pending: words)
    case .absent: throw PortError(.refused, "\(name) is not loaded", remedy: absentRemedy)
    case .unknown(let what):
      throw PortError(
        .unknown, "what \(name) does cannot be told: \(what)",
        remedy: "Look by hand before anything is started: a second gateway must not run.")
    }
  }
}

/// Keys with their values, and which of them came twice.
struct ServiceProperties {
  private(set) var values: [String: String] = [:]
  private(set) var duplicates: Set<String> = []

  mutating func add(_ key: some StringProtocol, _ value: some StringProtocol) {
    let key = String(key)
    if values.updateValue(String(value), forKey: key) != nil { duplicates.insert(key) }
  }

  /// Why a key cannot be read; nil when the key occurs once.
  func fault(_ key: String) -> String? {
    if duplicates.contains(key) { return "\"\(key)\" is there twice" }
    return values[key] == nil ? "\"\(key)\" is missing" : nil
  }
}

/// Looks at a service again and again until it is as it should be.
struct ServiceWait {
  let time: any Time
  static let interval = Duration.milliseconds(200)

  /// No pid when it cannot be told: a service that crashes again and again is between two states
  /// most of the time, and a restart has to be possible just then.
  func statusIfKnown(
    _ status: () async throws(PortError) -> ServiceStatus
  ) async throws(PortError) -> ServiceStatus {
    do { return try await status() } catch {
      guard error.kind == .unknown else { throw error }
      return ServiceStatus(pid: nil, startedAtMilliseconds: nil)
    }
  }

  /// The status once it can be told: a service that is between two states is waited for.
  func settled(
    deadline: Duration, _ status: () async throws(PortError) -> ServiceStatus
  ) async throws(PortError) -> ServiceStatus {
    var waited = Duration.zero
    while true {
      do throws(PortError) { return try await status() } catch {
        guard error.kind == .unknown, waited < deadline else { throw error }
      }
      try await pause(Self.interval)
      waited += Self.interval
    }
  }

  func pause(_ duration: Duration) async throws(PortError) {
    do { try await time.sleep(for: duration) } catch {
      throw PortError(.unknown, "the wait for a service was cancelled")
    }
  }

  /// The first status that `isDone` accepts, or nil at the deadline. A reading that fails counts as
  /// one that is not done: managers answer nonsense while a service changes.
  func until(
    deadline: Duration, status: () async throws(PortError) -> ServiceStatus,
    isDone: (ServiceStatus) -> Bool
  ) async throws(PortError) -> ServiceStatus? {
    // Counted by the waits, not by a clock: nothing here depends on how long a look takes.
    var waited = Duration.zero
    while true {
      if let seen = try? await status(), isDone(seen) { return seen }
      guard waited < deadline else { return nil }
      try await pause(Self.interval)
      waited += Self.interval
    }
  }
}

/// The calls to a service manager, for the error that names every call.
struct ServiceTries {
  private var tries: [(words: String, count: Int)] = []

  mutating func add(_ verb: String, _ ending: String) {
    let words = "\(verb): \(ending)"
    if let index = tries.indices.last, tries[index].words == words {
      tries[index].count += 1
    } else {
      tries.append((words, 1))
    }
  }

  /// `bootstrap: exit 5 … (4 times); kickstart: exit 113 …`, bounded.
  var sentence: String {
    let shown = tries.suffix(8).map { $0.count > 1 ? "\($0.words) (\($0.count) times)" : $0.words }
    return (tries.count > 8 ? ["…"] + shown : shown).joined(separator: "; ")
  }
}
