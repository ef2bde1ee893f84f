import SluiceCore
import SluiceLedgerStore
import SluicePorts
import SluiceStatus
import SluiceSystem

extension ControllerSight {
  /// Reads the writer's lock, and asks its holder.
  public static func take(_ writer: WriterSpec) async -> ControllerSight {
    let lock = WriterLock(path: writer.lockPath)
    guard let holder = await lock.holder() else { return .none }
    do throws(PortError) { _ = try await ControlChannel.send(nil, to: writer) } catch {
      guard error.kind == .unknown, let still = await lock.holder(), still == holder else {
        return await lock.holder().map { .atWork($0) } ?? .none
      }
      return .silent(SilentController(holder: holder, process: await lock.process()))
    }
    return .atWork(holder)
  }
}

extension SilentController {
  /// - Parameter process: nil if the lock does not name the process.
  public init(holder: String, process: ProcessIdentity?) {
    self.init(
      holder: holder, process: process?.pid,
      isStopped: process.flatMap(Processes.isStopped) == true)
  }
}
