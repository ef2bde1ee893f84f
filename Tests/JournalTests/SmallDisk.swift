import Foundation
import SluiceSystem

/// A file system of a few megabytes, to be filled up; needs root.
struct SmallDisk {
  let path: String

  static func mounted(megabytes: Int) async throws -> SmallDisk? {
    #if os(Linux)
      guard geteuid() == 0 else { return nil }
      let path = "/tmp/sluice-disk-\(Randomness.hexadecimal(bytes: 4))"
      try Files.makeDirectory(path)
      guard mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
        try Files.removeTree(path)
        return nil
      }
      return SmallDisk(path: path)
    #else
      return nil
    #endif
  }

  func fill() {
    let chunk = [UInt8](repeating: 1, count: 65_536)
    guard let file = try? AppendFile(path: path + "/ballast") else { return }
    while (try? file.append(chunk)) != nil {}
  }

  func unmount() {
    #if os(Linux)
      umount(path)
    #endif
    try? Files.removeTree(path)
  }
}
