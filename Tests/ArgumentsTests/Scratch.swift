#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A folder of one test's own, removed with it, and shells that run in it.
final class Scratch {
  let path: String

  init() throws {
    var template = Array("/tmp/arguments-tests.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure.noFolder }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit { _ = try? run("rm -rf '\(path)'") }

  enum Failure: Error { case noFolder, notWritten(String), notRun(String) }

  /// Writes a file and returns its path.
  func write(_ name: String, _ text: String) throws -> String {
    let file = "\(path)/\(name)"
    guard let stream = fopen(file, "w") else { throw Failure.notWritten(file) }
    defer { fclose(stream) }
    guard fputs(text, stream) >= 0 else { throw Failure.notWritten(file) }
    return file
  }

  /// Runs a line in this folder with `sh`; output and errors together.
  func run(_ line: String) throws -> (output: String, status: Int32) {
    guard let pipe = popen("cd '\(path)' && { \(line); } 2>&1 </dev/null", "r") else {
      throw Failure.notRun(line)
    }
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while case let count = fread(&chunk, 1, chunk.count, pipe), count > 0 {
      output += chunk[..<count]
    }
    let status = pclose(pipe)
    return (String(decoding: output, as: UTF8.self), (status >> 8) & 0xff)
  }

  /// Whether a program is installed; a missing one is said, since its checks are then left out.
  static func has(_ program: String) -> Bool {
    let found = (try? Scratch().run("command -v \(program)").status) == 0
    if !found { print("\(program) is not installed: its checks are skipped") }
    return found
  }
}
