import SluiceCore

/// A host took findings as good.
struct AcceptanceDeed: Sendable, Equatable {
  var host: HostName
  var operation: OperationID
  var epoch: Epoch
  var findings: [DoctorFinding]
  /// Lines of acceptances that were durable by then.
  var lines = 0
}

extension HostModel {
  /// Doctor's findings on the host: a warning that is always there, and an error while the host is
  /// red.
  var findings: [DoctorFinding] {
    troubles.doctor == .red ? [Self.warning, Self.error] : [Self.warning]
  }

  private static let warning = DoctorFinding(
    check: "core/doctor/security", severity: .warning, requirement: nil,
    path: "gateway.auth.token", target: nil, message: "the token stands in the file")
  private static let error = DoctorFinding(
    check: "core/doctor/new", severity: .error, requirement: nil, path: nil, target: nil,
    message: "Doctor found something")

  /// Besides those that were accepted before. A new error that a person takes as good is none any
  /// more.
  mutating func accept(_ findings: [DoctorFinding], by motion: Motion) {
    accepted += findings.filter { !$0.isAccepted(by: accepted) }
    if troubles.doctor == .red, Self.error.isAccepted(by: findings) { troubles.doctor = nil }
    acceptances.append(
      AcceptanceDeed(
        host: name, operation: motion.id, epoch: motion.epoch, findings: findings))
  }
}
