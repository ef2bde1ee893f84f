import SluiceSystem

/// Lines that a person types at the terminal.
actor TerminalInput {
  private let input: StandardInput
  private var pending: [UInt8] = []
  private static let longestLine = 16 << 10

  /// Nil where standard input is no terminal.
  init?() {
    guard isatty(STDIN_FILENO) == 1, let input = try? StandardInput() else { return nil }
    self.input = input
  }

  /// The next line without its end; nil at the end of the input.
  func line() async -> String? {
    while true {
      if let end = pending.firstIndex(of: 0x0A) {
        let line = pending[..<end]
        pending.removeSubrange(...end)
        return String(decoding: line, as: UTF8.self)
      }
      guard pending.count < Self.longestLine, let more = try? await input.read(), !more.isEmpty
      else { return nil }
      pending += more
    }
  }
}
