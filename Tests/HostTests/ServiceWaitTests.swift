import SluiceCore
import SluicePorts
import Synchronization
import Testing

@testable import SluiceHost

/// Time that passes only by being slept.
private final class SleptTime: Time {
  private let slept = Mutex<[Duration]>([])
  var all: [Duration] { slept.withLock { $0 } }

  func now() -> Moment { Moment(wallMilliseconds: 0, monotonicMilliseconds: 0, boot: "") }
  func sleep(for duration: Duration) async throws(CancellationError) {
    slept.withLock { $0.append(duration) }
  }
}

@Suite("Waiting for a service")
struct ServiceWaitTests {
  private let time = SleptTime()
  private var wait: ServiceWait { ServiceWait(time: time) }
  private let running = ServiceStatus(pid: 7, startedAtMilliseconds: 0)
  private let unknown = PortError(.unknown, "between two states")

  /// Answers one after the other, the last one again and again.
  private func answers(
    _ answers: [Result<ServiceStatus, PortError>]
  ) -> () async throws(PortError) -> ServiceStatus {
    let next = Mutex(0)
    return { () throws(PortError) in
      let number = next.withLock { number in
        defer { number += 1 }
        return number
      }
      return try answers[min(number, answers.count - 1)].get()
    }
  }

  @Test("a status that can be told is told at once")
  func atOnce() async throws {
    #expect(try await wait.settled(deadline: .seconds(1), answers([.success(running)])) == running)
    let seen = try await wait.until(
      deadline: .seconds(1), status: answers([.success(running)]), isDone: { $0.pid == 7 })
    #expect(seen == running && time.all.isEmpty)
  }

  @Test("a service between two states is looked at again after a pause, until it can be told")
  func settles() async throws {
    let status = answers([.failure(unknown), .failure(unknown), .success(running)])
    #expect(try await wait.settled(deadline: .seconds(1), status) == running)
    #expect(time.all == [.milliseconds(200), .milliseconds(200)])
  }

  @Test("one that cannot be told until the deadline is an error, and it was waited for as long")
  func never() async {
    let error = await portError {
      _ = try await wait.settled(deadline: .seconds(1), answers([.failure(unknown)]))
    }
    #expect(error == unknown)
    #expect(time.all.reduce(.zero, +) == .seconds(1))
  }

  @Test("any other error than not knowing is told at once")
  func otherError() async {
    let absent = PortError(.refused, "not loaded")
    let error = await portError {
      _ = try await wait.settled(deadline: .seconds(1), answers([.failure(absent)]))
    }
    #expect(error == absent && time.all.isEmpty)
    let again = await portError {
      _ = try await wait.statusIfKnown(answers([.failure(absent)]))
    }
    #expect(again == absent)
  }

  @Test("before a restart a service that cannot be told counts as one without a process")
  func beforeRestart() async throws {
    #expect(try await wait.statusIfKnown(answers([.failure(unknown)])).pid == nil)
    #expect(try await wait.statusIfKnown(answers([.success(running)])) == running)
  }

  @Test("a change is waited for through errors and other states, and is nil at the deadline")
  func change() async throws {
    let other = ServiceStatus(pid: 6, startedAtMilliseconds: 0)
    let status = answers([.failure(unknown), .success(other), .success(running)])
    let seen = try await wait.until(
      deadline: .seconds(1), status: status, isDone: { $0.pid == 7 })
    #expect(seen == running && time.all.count == 2)
    let nothing = try await wait.until(
      deadline: .seconds(1), status: answers([.success(other)]), isDone: { $0.pid == 7 })
    #expect(nothing == nil)
    #expect(time.all.reduce(.zero, +) == .milliseconds(1_400))
  }
}

@Suite("What was tried of a service manager")
struct ServiceTriesTests {
  private func sentence(_ words: [String]) -> String {
    var tries = ServiceTries()
    for word in words { tries.add(word, "exit 5") }
    return tries.sentence
  }

  @Test("is told in its order, and how often in a row")
  func told() {
    #expect(sentence([]) == "")
    #expect(sentence(["a"]) == "a: exit 5")
    #expect(sentence(["a", "a", "b", "a"]) == "a: exit 5 (2 times); b: exit 5; a: exit 5")
  }

  @Test("the last eight are told, and that there were more only where there were")
  func bounded() {
    let names = (1...9).map(String.init)
    let eight = names.suffix(8).map { "\($0): exit 5" }.joined(separator: "; ")
    #expect(sentence(Array(names.suffix(8))) == eight)
    #expect(sentence(names) == "…; " + eight)
  }
}
