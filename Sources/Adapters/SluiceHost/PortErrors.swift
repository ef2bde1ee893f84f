import SluicePorts
import SluiceSystem

extension PortError {
  /// A system call that failed, in the words of the port.
  public init(_ error: SystemError, remedy: String? = nil) {
    self.init(
      error.isOutOfSpace ? .outOfSpace : .failed, error.description,
      remedy: error.isOfMachine ? error.remedy : remedy ?? error.remedy)
  }

  /// Runs system calls, and turns what they throw into the port's error.
  static func translating<T>(
    remedy: String? = nil, _ body: () throws(SystemError) -> T
  ) throws(PortError) -> T {
    do { return try body() } catch { throw PortError(error, remedy: remedy) }
  }
}
