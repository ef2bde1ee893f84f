import SluiceCore
import SluiceDaemon
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
    }, arguments: [5, 15, 25, 35])
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
      disk.fill()
      #expect(try await world.bringToItsEnd(digest) == [])
      #expect(try await world.faultsAtTheEnd(restarts: 1) == [])
    }
  }
}
