import SluiceSystem

/// A program that a test needs is not installed.
public struct MissingTool: Error, CustomStringConvertible {
  public let name: String
  public var description: String { "\(name) is not installed: install it to run this test" }
}

/// The absolute path of a program that a test needs.
public func requireTool(_ name: String) throws -> String {
  guard let path = Processes.find(name) else { throw MissingTool(name: name) }
  return path
}

/// For `.enabled(if: hasTool("haproxy"), "haproxy is not installed")`.
public func hasTool(_ name: String) -> Bool { Processes.find(name) != nil }

/// For `.enabled(if: onLinux)`: what only Linux has is `/proc`, `/dev/full`, addresses of loopback
/// beside 127.0.0.1, chroot.
public let onLinux = Platform.current == .linux
