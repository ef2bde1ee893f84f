import SluiceSystem

/// A file system of a few megabytes, to be filled up; needs root.
public struct SmallDisk: Sendable {
  public let path: String

  /// Nil where it cannot be mounted.
  ///
  /// - Parameter path: where; made when it is not there, gone when it is unmounted.
  public static func mounted(megabytes: Int, at path: String? = nil) throws -> SmallDisk? {
    let path = path ?? "/tmp/sluice-disk-\(Randomness.hexadecimal(bytes: 4))"
    try Files.makeDirectory(path)
    guard MemoryDisk.attach(at: path, megabytes: megabytes) else {
      try Files.removeTree(path)
      return nil
    }
    return SmallDisk(path: path)
  }

  private var ballast: String { path + "/ballast" }

  /// Takes every page that is free; `toTheByte` also what is left of the last one.
  public func fill(toTheByte: Bool = false) {
    guard let file = try? AppendFile(path: ballast) else { return }
    for size in [65_536, 4_096] + (toTheByte ? [1] : []) {
      let chunk = [UInt8](repeating: 1, count: size)
      while (try? file.append(chunk)) != nil {}
    }
  }

  public func clear() throws { try Files.removeFile(ballast) }

  public func unmount() {
    MemoryDisk.detach(path)
    try? Files.removeTree(path)
  }
}
