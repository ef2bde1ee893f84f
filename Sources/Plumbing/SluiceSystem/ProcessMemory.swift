import CSluiceSystem

/// The treatment of freed memory.
public enum ProcessMemory {
  /// Keeps freed memory, up to 1 GiB, for later allocations, instead of giving it back to the
  /// system and getting it again page by page (glibc, `mallopt(3)`; no effect elsewhere). For a
  /// program that allocates and frees much, again and again.
  public static func keepFreed() {
    sluice_keep_freed_memory(1 << 30, 1 << 28)
  }
}
