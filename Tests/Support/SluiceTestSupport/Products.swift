#if os(macOS)
  import Foundation

  /// Names the bundle that the tests are in: the program that runs them is Xcode's.
  private final class Marked {}

  /// Where the build put its programs: beside the tests.
  public let products = Bundle(for: Marked.self).bundleURL.deletingLastPathComponent().path
#else
  import SluiceSystem

  /// Where the build put its programs: beside the tests.
  public let products = HostFacts.executablePath().split(separator: "/").dropLast()
    .reduce("") { $0 + "/" + $1 }
#endif
