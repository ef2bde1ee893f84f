import SluiceSystem

/// `starts.log` in the state directory: a line a start, so that a test can count restarts.
struct StartLog: Sendable {
  private let path: String

  init(stateDirectory: String) { path = "\(stateDirectory)/starts.log" }

  /// How often this state was started before.
  func count() -> Int {
    let bytes = (try? Files.read(path)) ?? []
    return bytes.count { $0 == UInt8(ascii: "\n") }
  }

  func append(bootID: String, reason: String) throws(SystemError) {
    let file = try AppendFile(path: path, mode: 0o600)
    defer { file.close() }
    let time = Timestamp.text(milliseconds: SystemClock.wallMilliseconds())
    let pid = OwnProcess.identifier
    try file.append(Array("\(time) pid=\(pid) bootId=\(bootID) \(reason)\n".utf8))
  }
}
