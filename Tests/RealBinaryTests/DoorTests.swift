import SluiceCore
import SluiceController
import SluiceHAProxy
import SluiceSystem
import SluiceTestSupport
import Testing

/// The balancer's process and its keeper, as an operator meets them: by the real `sluice`.
@Suite(
  "The fleet's door", .enabled(if: hasTool("haproxy"), "haproxy is not installed"),
  .timeLimit(.minutes(5)))
struct DoorTests {
  private func process(_ world: WriterWorld) async -> Int32? {
    try? await world.balancer.read().processID
  }

  @Test("G5: killed when idle, HAProxy comes back; killed with its keeper, status says so first")
  func idle() async throws {
    try await WriterWorld.with { world in
      let started = try await world.sluice("balancer", "start")
      #expect(started.succeeded, "\(started.errorText)")
      #expect(started.errorText.contains("The keeper is at work."))
      #expect(try await world.sluice("balancer", "start").errorText.contains("runs already"))
      // The keeper writes its record after its first look.
      try #require(await eventually { world.keeper != nil })
      let keeper = try #require(world.keeper)
      let first = try #require(await process(world))
      try Processes.signal(try #require(Processes.identity(of: first)), 9)
      try #require(await eventually { await process(world).map { $0 != first } ?? false })

      try Processes.signal(keeper, 9)
      #expect(await Processes.waitForExit(keeper, deadline: .seconds(5)))
      let pid = try #require(await process(world))
      let second = try #require(Processes.identity(of: pid))
      try Processes.signal(second, 9)
      #expect(await Processes.waitForExit(second, deadline: .seconds(5)))
      for verb in ["status", "explain"] {
        let shown = try await world.sluice(verb)
        let lines = shown.outputText.split(separator: "\n").map(String.init)
        #expect(lines.first?.hasPrefix("THE BALANCER IS DOWN") == true, "\(shown.outputText)")
        #expect(shown.outputText.contains("sluice balancer start"))
        #expect(shown.outputText.contains("The balancer has no keeper"))
      }
      // The remedy, as it is typed.
      #expect(try await world.sluice("balancer", "start").succeeded)
      #expect(await process(world) != nil)
      #expect(await eventually { world.keeper != nil })
    }
  }

  @Test("stopped, it stays stopped, its keeper ends, and status says how it comes back")
  func stopped() async throws {
    try await WriterWorld.with { world in
      #expect(try await world.sluice("balancer", "start").succeeded)
      // The keeper writes its record after its first look.
      try #require(await eventually { world.keeper != nil })
      let keeper = try #require(world.keeper)
      let stopped = try await world.sluice("balancer", "stop")
      #expect(stopped.errorText.contains("sluice balancer start"))
      #expect(await Processes.waitForExit(keeper, deadline: .seconds(20)))
      #expect(await process(world) == nil)
      let status = try await world.sluice("status")
      #expect(status.outputText.hasPrefix("THE BALANCER IS STOPPED"), "\(status.outputText)")
      #expect(try await world.sluice("balancer", "start").succeeded)
      #expect(await process(world) != nil)
      #expect(!(try await world.sluice("status").outputText).contains("THE BALANCER"))
    }
  }

  @Test("a promotion has a keeper: HAProxy killed in the ramp comes back at its share")
  func inPromotion() async throws {
    try await WriterWorld.holding { world, controller in
      try #require(await eventually { world.keeper != nil })
      let before = try await world.balancer.read()
      let pid = try #require(before.processID)
      try Processes.signal(try #require(Processes.identity(of: pid)), 9)
      try #require(
        await eventually { await process(world).map { $0 != before.processID } ?? false })
      #expect(try await world.balancer.read().weights == before.weights)
      #expect(Processes.isRunning(controller))
    }
  }

  @Test("a sluice.yaml that cannot be read keeps no keeper from its work")
  func brokenFile() async throws {
    try await WriterWorld.with { world in
      #expect(try await world.sluice("balancer", "start").succeeded)
      // The keeper writes its record after it has read the file.
      try #require(await eventually { world.keeper != nil })
      let whole = try Files.read(world.home("sluice.yaml"))
      try Files.replace(world.home("sluice.yaml"), with: Array(whole.prefix(whole.count / 2)))
      let log = world.balancer.files.keeperLog
      try #require(
        await eventually { try Files.readText(log).contains("kept by what was read before") })
      let first = try #require(await process(world))
      try Processes.signal(try #require(Processes.identity(of: first)), 9)
      try #require(await eventually { await process(world).map { $0 != first } ?? false })
    }
  }

  @Test("a fleet that is removed has no keeper any more, and nobody starts an HAProxy for it")
  func removed() async throws {
    try await WriterWorld.with { world in
      #expect(try await world.sluice("balancer", "start").succeeded)
      // The keeper writes its record after its first look.
      try #require(await eventually { world.keeper != nil })
      let keeper = try #require(world.keeper)
      let leftovers = Leftovers(of: world)
      #expect(try await leftovers.keepers() == [keeper])
      let known = try await leftovers.proxies()
      #expect(!known.isEmpty)
      // The file first: that alone may be an editor's, and is no end.
      try Files.removeFile(world.home("sluice.yaml"))
      try Files.removeTree(world.balancer.files.directory)
      #expect(await Processes.waitForExit(keeper, deadline: .seconds(30)))
      // The new keeper may not end the HAProxy that served; but no new one comes in its place.
      for process in known { try? Processes.signal(process, 9) }
      for process in known {
        #expect(await Processes.waitForExit(process, deadline: .seconds(20)))
      }
      #expect(try await leftovers.keepers() == [])
      #expect(try await leftovers.proxies() == [])
      #expect(try Files.status(of: world.balancer.files.directory) == nil)
    }
  }

  @Test("the end of a world leaves neither keeper nor HAProxy, also one that has no record yet")
  func worldsEnd() async throws {
    let seen = Seen()
    try await WriterWorld.with { world in
      #expect(try await world.sluice("balancer", "start").succeeded)
      #expect(await eventually { world.keeper != nil })
      // As a keeper is that has just begun.
      try Files.removeFile(world.balancer.files.keeper)
      let leftovers = Leftovers(of: world)
      let all = try await leftovers.keepers() + leftovers.proxies()
      #expect(all.count >= 2)
      await seen.note(leftovers, all)
    }
    for process in await seen.processes { #expect(!Processes.isRunning(process)) }
    let leftovers = try #require(await seen.leftovers)
    #expect(try await leftovers.keepers() == [])
    #expect(try await leftovers.proxies() == [])
  }

  private actor Seen {
    var leftovers: Leftovers?
    var processes: [ProcessIdentity] = []
    func note(_ leftovers: Leftovers, _ processes: [ProcessIdentity]) {
      self.leftovers = leftovers
      self.processes = processes
    }
  }

  @Test("a service definition names this program and this fleet")
  func service() async throws {
    try await WriterWorld.with { world in
      let text = try await world.sluice("balancer", "service").outputText
      #expect(text.contains(world.home("sluice.yaml")))
      #expect(text.contains(Injector.sluice))
    }
  }
}
