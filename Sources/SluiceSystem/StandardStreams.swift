import CSluiceSystem

/// Standard output and standard error, unbuffered.
public enum StandardStreams {
  /// Writes what can be written: a reader that has gone away is no reason to fail.
  public static func write(_ text: String, toError: Bool) {
    let fd = toError ? STDERR_FILENO : STDOUT_FILENO
    try? Descriptor.writeAll(fd, Array(text.utf8), path: toError ? "stderr" : "stdout")
  }
}
