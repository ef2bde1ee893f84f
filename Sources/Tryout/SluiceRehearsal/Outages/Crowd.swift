import SluiceHTTP
import SluiceSystem

/// Clients that ask again as soon as they have their answer, until they are cancelled. So the
/// gateways' lanes stay overloaded.
struct Crowd: Sendable {
  let target: String
  let token: String
  let count: Int

  func run() async {
    let client = HTTPClient()
    defer { client.shutdown() }
    let request = SteadyClient.question(target: target, token: token, patience: .seconds(30))
    await withDiscardingTaskGroup { group in
      for _ in 0..<count {
        group.addTask {
          while !Task.isCancelled {
            let status = (try? await client.send(request))?.status
            // One that is refused at once must not turn into a storm.
            guard status != 200 else { continue }
            guard (try? await SystemClock.sleep(for: .milliseconds(200))) != nil else { return }
          }
        }
      }
    }
  }
}
