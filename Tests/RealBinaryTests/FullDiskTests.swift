import SluiceCore
import SluiceController
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("The real controller on a disk without room")
struct FullDiskTests {
  @Test(
    "a rollback that was cut off comes to its verified end though the disk is full",
    .enabled("no program can be traced here, or HAProxy is missing") {
      guard hasTool("haproxy") else { return false }
      return try await Injector.isAllowed()
    }, arguments: [25, 45, 65, 85, 105])
  func rollback(cutOffAt number: Int) async throws {
    try await WriterWorld.with(megabytes: 8) { world in
      guard let disk = world.disk else {
        print("skipped: a small disk cannot be mounted here (Linux and root are needed)")
        return
      }
      let digest = try await world.prepareRevert()
      _ = try await Processes.run(
        world.injector.command(
          (.kill, number), world.controller(WriterWorld.starting(digest)),
          environment: WriterWorld.environment))
      #expect(try world.injector.calls().harmed != nil)
      // By now the ledger has its reserve.
      disk.fill()
      var faults = try await world.bringToItsEnd(digest)
      faults += try await world.faultsAtTheEnd(restarts: 1)
      #expect(faults == [])
    }
  }
}
