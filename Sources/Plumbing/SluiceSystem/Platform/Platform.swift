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
}
