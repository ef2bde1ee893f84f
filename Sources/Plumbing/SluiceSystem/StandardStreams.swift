import CSluiceSystem

/// Standard output and standard error, unbuffered.
public enum StandardStreams {
  /// The size of the terminal behind the stream; nil without a terminal, or when the terminal does
  /// not know its size.
  public static func terminalSize(toError: Bool) -> (columns: Int, rows: Int)? {
    var (columns, rows): (Int32, Int32) = (0, 0)
    let fd = descriptor(toError)
    guard sluice_terminal_size(fd, &columns, &rows) == 0, columns > 0, rows > 0 else { return nil }
    return (Int(columns), Int(rows))
  }

  /// Writes as much as possible. A closed reader is no error.
  public static func write(_ text: String, toError: Bool) {
    try? Descriptor.writeAll(
      descriptor(toError), Array(text.utf8), path: toError ? "stderr" : "stdout")
  }

  private static func descriptor(_ toError: Bool) -> Int32 {
    toError ? STDERR_FILENO : STDOUT_FILENO
  }
}
