import SluiceCore
import SluicePorts

/// What every host's agent says of it now.
public struct FleetLook: Sendable {
  public let answers: [HostName: Result<MergedProbe, PortError>]

  public init(answers: [HostName: Result<MergedProbe, PortError>]) { self.answers = answers }

  /// Asks all hosts at once; one that does not answer in time is silent.
  public static func take(_ fleet: Fleet, deadline: Duration) async -> FleetLook {
    guard let links = try? FleetServices(fleet).links else { return FleetLook(answers: [:]) }
    return await take(links, deadline: deadline)
  }

  public static func take(_ links: [HostName: any HostLink], deadline: Duration) async -> FleetLook
  {
    let answers = await Ask(links).all(.probe, deadline: deadline)
    return FleetLook(
      answers: answers.mapValues { answer in
        switch answer {
        case .success(.probe(let probe)): .success(probe)
        case .success: .failure(PortError(.failed, "it answered something else than a probe"))
        case .failure(let error): .failure(error)
        }
      })
  }
}
