import SluiceCore
import SluicePorts
import SluiceSystem

/// The tenants' secrets: who may read them on this host, and whether they parse here.
extension HostChecks {
  func secrets() async -> GatewayAnswer {
    let path = spec.paths.secretsDirectory
    return await answer("secrets", path) { () async throws(PortError) in
      // Without a process the gateway's account is unknown, and root and the agent's may own them.
      let pid = (try? await services.service.status())?.pid
      return try await services.secrets?.survey(gateway: pid.flatMap(Processes.user))
    } _: {
      Self.meaning($0)
    }
  }

  private static func meaning(
    _ survey: SecretSurvey?
  ) -> (GatewayAnswer.Level, came: String, means: String) {
    guard let survey, survey.tenants > 0 || !survey.faults.isEmpty || !survey.remarks.isEmpty else {
      return (.expected, "none", "")
    }
    let readers =
      survey.readers.isEmpty ? "" : "; also read by \(survey.readers.joined(separator: ", "))"
    let came = "\(count(survey.tenants, "tenant")), \(count(survey.files, "file"))\(readers)"
    if let first = survey.faults.first {
      let more = survey.faults.count > 1 ? " And \(survey.faults.count - 1) more." : ""
      return (.fault, came, first + more)
    }
    if !survey.remarks.isEmpty { return (.odd, came, survey.remarks.joined(separator: " ")) }
    return (.expected, came, "")
  }

  private static func count(_ number: Int, _ noun: String) -> String {
    number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
  }
}
