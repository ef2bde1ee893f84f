import SluicePorts

/// The command line of a drill's gateways: Doctor does what a file says, all else is the stand-in's.
struct DoctorScript: Sendable {
  enum Mode: String, Sendable, CaseIterable {
    case well
    /// Its whole report, and no end.
    case hung
    /// No report, and no end.
    case silent
    /// One error more than was accepted.
    case red
  }

  static let finding = "core/doctor/outage-drill"

  let directory: String

  var path: String { "\(directory)/openclaw" }
  private var mode: String { "\(directory)/doctor" }
  /// A line for every time that Doctor was asked.
  private var log: String { "\(directory)/doctor.log" }

  func write(standIn: String) throws(PortError) {
    try set(.well)
    try Disk.write(path, text(standIn: standIn), mode: 0o755)
  }

  func set(_ mode: Mode) throws(PortError) { try Disk.write(self.mode, mode.rawValue + "\n") }

  /// On how many hosts Doctor was asked while it was like that.
  func hosts(asked mode: Mode) throws(PortError) -> Int {
    let text = String(decoding: try Disk.read(log) ?? [], as: UTF8.self)
    let lines = text.split(separator: "\n").filter { $0.hasPrefix("\(mode.rawValue) ") }
    return Set(lines).count
  }

  /// One that hangs ends once the file says something else.
  private func text(standIn: String) -> String {
    let report =
      #"{"schemaVersion":1,"ok":false,"checksRun":35,"checksSkipped":30,"findings":[{"checkId":""#
      + Self.finding
      + #"","severity":"error","message":"The disk of this host is full."}]}"#
    return """
      #!/bin/sh
      # Written by sluice rehearse --outages.
      mode() { cat \(Self.quoted(mode)); }
      was=$(mode)
      hang() { while [ "$(mode)" = "$was" ]; do sleep 1; done; exit 1; }
      [ "$1" != doctor ] || echo "$was $HOME" >> \(Self.quoted(log))
      case "$1:$was" in
        doctor:hung) \(Self.quoted(standIn)) "$@"; hang ;;
        doctor:silent) hang ;;
        doctor:red) printf '%s\\n' '\(report)'; exit 1 ;;
      esac
      exec \(Self.quoted(standIn)) "$@"

      """
  }

  private static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#)
      + "'"
  }
}
