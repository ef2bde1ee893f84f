#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What this process knows of itself.
enum OwnProcess {
  static var identifier: Int32 { ProcessInfo.processInfo.processIdentifier }
  static var processorCount: Int { ProcessInfo.processInfo.activeProcessorCount }
  static var physicalMemory: Int64 { Int64(ProcessInfo.processInfo.physicalMemory) }

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
