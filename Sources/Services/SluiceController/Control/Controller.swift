import SluiceCore
import SluiceEngine
import SluicePorts
import SluiceSystem

/// The process that runs a promotion. It holds the lease, serves the control socket, and ends with
/// the promotion. If it is killed at any moment, a successor continues from the ledger.
public struct Controller: Sendable {
  public enum Task: Sendable {
    case start(PromotionID, Plan, actor: String, ticket: String, approval: Approval?)
    case resume(Request?)
  }

  private enum Event: Sendable {
    case ended(Result<Promotion, PortError>)
    case signalled
    case stopped
  }

  private static let endingSignals: [Int32] = [2, 15]
  private let services: FleetServices

  public init(_ services: FleetServices) { self.services = services }

  /// Returns the ended promotion. Throws `.unknown` if the controller was told to stop first; the
  /// promotion stays as it was.
  public func run(_ task: Task) async throws(PortError) -> Promotion {
    try await services.traffic.lifecycle?.ensureRunning()
    let engine = PromotionEngine(env: services.env)
    let result = await withTaskGroup(of: Event.self) { group in
      let open = ControlChannel.Open()
      group.addTask {
        let result = await Self.perform(task, engine)
        await untilAnswered(open)
        return .ended(result)
      }
      group.addTask { await serve(engine, open) }
      group.addTask {
        for await _ in SignalStream.signals(Self.endingSignals) { return .signalled }
        return .stopped
      }
      var result: Result<Promotion, PortError>?
      for await event in group {
        switch event {
        case .ended(let ended):
          result = ended
          group.cancelAll()
        case .signalled: group.cancelAll()
        case .stopped: break
        }
      }
      return result ?? .failure(PortError(.unknown, "the controller was stopped"))
    }
    return try result.get()
  }

  private static func perform(_ task: Task, _ engine: PromotionEngine) async
    -> Result<Promotion, PortError>
  {
    do throws(PortError) {
      switch task {
      case .start(let id, let plan, let actor, let ticket, let approval):
        return .success(
          try await engine.start(
            id, plan: plan, actor: actor, ticket: ticket, approval: approval))
      case .resume(let request): return .success(try await engine.resume(with: request))
      }
    } catch { return .failure(error) }
  }

  /// Gives pending answers a moment to arrive, so that the sender whose request ended the promotion
  /// gets one.
  private func untilAnswered(_ open: ControlChannel.Open) async {
    for _ in 0..<Self.answerRounds {
      guard await open.count > 0 else { return }
      do { try await services.time.sleep(for: .milliseconds(20)) } catch { return }
    }
  }

  private static let answerRounds = 50

  /// A controller without a socket still runs the promotion; a signal can stop it.
  private func serve(_ engine: PromotionEngine, _ open: ControlChannel.Open) async -> Event {
    guard let listener = await listener() else { return .stopped }
    await withTaskCancellationHandler {
      let desk = ControlChannel.Desk(
        take: { request, limit async throws(PortError) in
          try await engine.deliver(request, until: limit)
        }, look: { await engine.current() })
      await ControlChannel.serve(listener, desk, open)
    } onCancel: {
      listener.close()
    }
    return .stopped
  }

  /// The socket of a controller that is just ending may still be in its place.
  func listener() async -> SocketListener? {
    while true {
      do throws(PortError) { return try ControlChannel.listen(services.fleet.writer) } catch {
        do { try await services.time.sleep(for: .milliseconds(200)) } catch { return nil }
      }
    }
  }
}
