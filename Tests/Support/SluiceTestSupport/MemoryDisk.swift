import SluiceSystem

/// A file system in memory; only root may mount one, and only on Linux.
enum MemoryDisk {
  /// False where it may not.
  static func attach(at path: String, megabytes: Int) -> Bool {
    #if os(Linux)
      mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m,mode=0700") == 0
    #else
      false
    #endif
  }

  static func detach(_ path: String) {
    #if os(Linux)
      umount(path)
    #endif
  }
}
