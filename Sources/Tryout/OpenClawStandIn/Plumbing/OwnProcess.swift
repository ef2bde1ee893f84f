import SluiceFoundation
import SluiceSystem

/// This process's own figures.
enum OwnProcess {
  static var identifier: Int32 { ProcessInfo.processInfo.processIdentifier }
  static var processorCount: Int { ProcessInfo.processInfo.activeProcessorCount }
  static var physicalMemory: Int64 { Int64(ProcessInfo.processInfo.physicalMemory) }

  /// The most that it has held so far.
  static var residentBytes: Int64 {
    var usage = rusage()
    // RUSAGE_SELF is 0 everywhere; Swift imports it with another type on each system.
    guard getrusage(0, &usage) == 0 else { return 0 }
    // Bytes on macOS, kilobytes on Linux.
    return Int64(usage.ru_maxrss) * (Platform.current == .macOS ? 1 : 1024)
  }

  /// As Node names it.
  static var platform: String {
    Platform.current == .macOS ? "darwin" : "linux"
  }

  static var architecture: String {
    #if arch(arm64)
      "arm64"
    #else
      "x64"
    #endif
  }
}
