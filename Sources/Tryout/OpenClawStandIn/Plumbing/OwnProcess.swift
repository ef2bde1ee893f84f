#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What this process knows of itself.
enum OwnProcess {
  static var identifier: Int32 { ProcessInfo.processInfo.processIdentifier }
  static var processorCount: Int { ProcessInfo.processInfo.activeProcessorCount }
  static var physicalMemory: Int64 { Int64(ProcessInfo.processInfo.physicalMemory) }

  /// The most that it has held so far.
  static var residentBytes: Int64 {
    var usage = rusage()
    // RUSAGE_SELF is 0 everywhere; Swift imports it with another type on each system.
    guard getrusage(0, &usage) == 0 else { return 0 }
    #if canImport(Darwin)
      return Int64(usage.ru_maxrss)
    #else
      return Int64(usage.ru_maxrss) * 1024
    #endif
  }

  /// As Node names it.
  static var platform: String {
    #if os(macOS)
      "darwin"
    #else
      "linux"
    #endif
  }

  static var architecture: String {
    #if arch(arm64)
      "arm64"
    #else
      "x64"
    #endif
  }
}
