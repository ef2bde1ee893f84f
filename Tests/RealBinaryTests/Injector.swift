import Foundation
import SluiceSystem
import SluiceTestSupport
import Testing

/// Something that the kernel does to one system call of a program.
enum Injection: String, Sendable, CaseIterable {
  case kill
  /// Half of a write, then the end.
  case tear
  case ioError = "EIO"
  case noSpace = "ENOSPC"

  var ends: Bool { self == .kill || self == .tear }
}

/// Runs the real `sluice` and harms the n-th system call by which it changes a file below some
/// directories.
struct Injector: Sendable {
  struct Call: Sendable, Hashable {
    let name: String
    let path: String
  }

  let directories: [String]
  /// Where the calls are written to.
  let report: String

  static let sluice = "\(products)/sluice"
  private static let program = "\(products)/syscall-injector"

  /// Whether this machine lets a program be traced. Says so plainly where it does not.
  static func isAllowed() async throws -> Bool {
    let home = try TemporaryDirectory()
    let command = Injector(directories: [home.path], report: home("calls"))
      .command(nil, ["/bin/sh", "-c", "exit 7"], environment: [:])
    let outcome = try await Processes.run(command)
    if outcome.termination == .exited(7) { return true }
    print("skipped: no program can be traced here (ptrace): \(outcome.errorText)")
    return false
  }

  func command(
    _ fault: (injection: Injection, at: Int)?, _ arguments: [String],
    environment: [String: String], deadline: Duration = .seconds(120)
  ) -> ProcessCommand {
    let harm = fault.map { ["--fault", $0.injection.rawValue, "--at", "\($0.at)"] } ?? []
    return ProcessCommand(
      Self.program,
      directories.flatMap { ["--under", $0] } + ["--report", report] + harm + ["--"] + arguments,
      environment: environment, directory: "/", deadline: deadline)
  }

  /// The calls that were counted, and the harmed one of them.
  func calls() throws -> (all: [Call], harmed: Call?) {
    var all: [Call] = []
    var harmed: Call?
    for line in try Files.readText(report).split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 2).map(String.init)
      guard parts.count == 3 else { continue }
      let call = Call(name: parts[1], path: parts[2])
      all.append(call)
      if line.hasPrefix("!") { harmed = call }
    }
    return (all, harmed)
  }

  func forget() throws { try Files.removeTree(report) }
}

/// The result of a sweep.
struct Sweep: Sendable {
  let injection: Injection
  /// Harmed calls, by their names.
  private(set) var harmed: [String: Int] = [:]
  private(set) var faults: [String] = []

  var count: Int { harmed.values.reduce(0, +) }

  var line: String {
    let names = harmed.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    return "\(injection.rawValue) \(count) (\(names.joined(separator: ", ")))"
  }

  /// Opens a lane and hands it on; closes it when the body has ended.
  typealias Opening =
    @Sendable (_ body: @Sendable @escaping (any Lane) async throws -> Void) async throws -> Void

  /// Plays n = 1, 2, 3 … until a run comes to its end unharmed, in several lanes at once.
  static func run(
    _ injection: Injection, lanes: Int, _ open: @escaping Opening
  ) async throws -> Sweep {
    let progress = Progress(injection)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<lanes {
        group.addTask {
          try await open { lane in
            while let number = await progress.next() {
              let run = try await lane.play(injection, at: number)
              await progress.take(run, at: number)
            }
          }
        }
      }
      try await group.waitForAll()
    }
    return await progress.sweep
  }

  private actor Progress {
    private(set) var sweep: Sweep
    private var last = 0
    private var end: Int?

    init(_ injection: Injection) { sweep = Sweep(injection: injection) }

    func next() -> Int? {
      if let end, last + 1 >= end { return nil }
      last += 1
      return last
    }

    func take(_ run: Run, at number: Int) {
      let call = run.harmed.map { "\($0.name) \($0.path)" } ?? "nothing"
      if let harmed = run.harmed {
        sweep.harmed[harmed.name, default: 0] += 1
      } else {
        end = min(end ?? number, number)
      }
      sweep.faults += run.faults.map { "\(sweep.injection.rawValue) \(number), \(call): \($0)" }
    }
  }
}

/// The result of one run.
struct Run: Sendable {
  /// The call that was harmed; nil when the run made fewer.
  var harmed: Injector.Call?
  /// The faults that were found afterwards.
  var faults: [String] = []
}

/// A world of its own in which runs are played one after the other.
protocol Lane: Sendable {
  func play(_ injection: Injection, at number: Int) async throws -> Run
}
