import CSluiceSystem

/// Starts a program on given descriptors.
enum Spawn {
  private static let busyTries = 50
  private static let busyMicroseconds: UInt32 = 10_000

  static func start(
    _ command: ProcessCommand, input: Int32, output: Int32, error: Int32, newSession: Bool
  ) throws(SystemError) -> pid_t {
    let arguments = [command.executable] + command.arguments
    let environment = command.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    // A relative path would mean another program in every directory.
    guard command.executable.hasPrefix("/"),
      !(arguments + environment).contains(where: { $0.utf8.contains(0) })
    else {
      throw SystemError("posix_spawn", code: EINVAL, path: command.executable)
    }
    var pid: pid_t = 0
    var code: Int32 = 0
    // A program that was written just now is busy for as long as a child that is being started beside
    // this one holds the descriptor of the writer.
    for _ in 0..<busyTries {
      code = withVector(arguments) { argv in
        withVector(environment) { envp in
          sluice_spawn(
            &pid, command.executable, argv, envp, command.directory, input, output, error,
            newSession ? 1 : 0)
        }
      }
      guard code == ETXTBSY else { break }
      usleep(busyMicroseconds)
    }
    guard code == 0 else { throw SystemError("posix_spawn", code: code, path: command.executable) }
    return pid
  }

  /// A null-terminated vector of C strings, alive during the body.
  private static func withVector(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32
  ) -> Int32 {
    var vector: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) }
    vector.append(nil)
    defer { for text in vector { free(text) } }
    return vector.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map(body) ?? EINVAL
    }
  }
}
