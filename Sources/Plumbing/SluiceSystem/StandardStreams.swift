import CSluiceSystem

/// Standard output and standard error, unbuffered.
public enum StandardStreams {
  /// Of the terminal behind the stream; nil when it is none, or one that does not know.
  public static func terminalSize(toError: Bool) -> (columns: Int, rows: Int)? {
    var (columns, rows): (Int32, Int32) = (0, 0)
    let fd = descriptor(toError)
    guard sluice_terminal_size(fd, &columns, &rows) == 0, columns > 0, rows > 0 else { return nil }
    return (Int(columns), Int(rows))
  }

  /// Writes what can be written: a reader that has gone away is no reason to fail.
  public static func write(_ text: String, toError: Bool) {
    try? Descriptor.writeAll(
      descriptor(toError), Array(text.utf8), path: toError ? "stderr" : "stdout")
  }

  private static func descriptor(_ toError: Bool) -> Int32 {
    toError ? STDERR_FILENO : STDOUT_FILENO
  }
}
