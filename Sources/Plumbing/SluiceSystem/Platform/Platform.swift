/// The operating system of this build, for texts that name a tool of one system, and for attempts
/// on one system only.
public enum Platform: Sendable, Hashable {
  case linux
  case macOS

  #if os(macOS)
    public static let current = Platform.macOS
  #else
    public static let current = Platform.linux
  #endif

  /// With the processor, as Node names both: `darwin-arm64`.
  public static var nodeName: String {
    #if arch(arm64)
      let processor = "arm64"
    #else
      let processor = "x64"
    #endif
    return (current == .macOS ? "darwin-" : "linux-") + processor
  }
}
