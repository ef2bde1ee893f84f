import CSluiceSystem

/// What becomes of memory that the process has freed.
public enum ProcessMemory {
  /// Keeps freed memory, up to 1 GiB of it, for what is taken next, instead of giving it back to the
  /// system each time and getting it again page by page (glibc, `mallopt(3)`; elsewhere nothing is
  /// changed). For a program that makes and drops much, again and again.
  public static func keepFreed() {
    sluice_keep_freed_memory(1 << 30, 1 << 28)
  }
}
