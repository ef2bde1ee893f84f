import SluiceCore
import SluiceEngine
import SluicePorts
import SluiceStatus
import SluiceSystem

/// When a plan's build is tried on a copy of the canary's state.
public enum TrialWish: Sendable, Hashable {
  /// A person asks for it.
  case asked(by: String)
  /// Only where the fleet requires it.
  case asFleetRequires(by: String)

  var actor: String {
    switch self {
    case .asked(let actor), .asFleetRequires(let actor): actor
    }
  }
}

extension Planner {
  /// Reads the fleet for a plan, and has its build tried where that is wished and nothing else
  /// blocks the plan. Then the fleet is read again: the trial must have changed nothing.
  ///
  /// Throws if the release cannot be read: no such tag, or no lock in it.
  ///
  /// - Parameter purpose: to promote, or to drill.
  public func read(
    tag: String, ticket: String, purpose: Plan.Purpose = .promote, trying wish: TrialWish
  ) async throws(PortError) -> PlanReading {
    var reading = try await read(tag: tag, ticket: ticket, purpose: purpose)
    guard let document = reading.document, isWished(wish) else { return reading }
    let plan = document.plan
    guard let build = plan.build else {
      if case .asked = wish {
        reading.warn("nothing was tried: \(tag) keeps OpenClaw \(plan.to.lock.openclaw.version)")
      }
      return reading
    }
    let others = Set(document.blockers).subtracting(TrialCheck.blockers(of: plan))
    guard others.isEmpty, let canary = plan.canaries.first else { return reading }
    let trial: TrialRecord
    do throws(PortError) {
      trial = try await BuildTrier(env: services.env).tryBuild(
        TrialRequest(
          build: build.to,
          limitMilliseconds: plan.fleet.tryBuild?.limitMilliseconds ?? TrialPolicy.usualLimit),
        on: canary,
        operation: OperationID(rawValue: "try-\(Randomness.hexadecimal(bytes: 6))/\(canary)"),
        actor: wish.actor)
    } catch {
      let remedy = error.remedy.map { ". \($0)" } ?? ""
      reading.block(
        "\(canary): OpenClaw \(build.to.version) could not be tried: \(error.message)\(remedy)")
      return reading
    }
    return try await read(tag: tag, ticket: ticket, purpose: purpose, trial: trial)
  }

  private func isWished(_ wish: TrialWish) -> Bool {
    if case .asked = wish { return true }
    return services.fleet.tryBuild?.isRequired == true
  }
}
