/// The operating system that this was built for: for what only has another word there, or is tried on one
/// of them alone.
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
