import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHost

@Suite("What a host has that gc may discard")
struct StoredItemTests {
  private let home: TemporaryDirectory
  private let slices: DirectorySliceStore
  private let builds: DirectoryBuildStore

  init() throws {
    home = try TemporaryDirectory()
    slices = DirectorySliceStore(root: home("skills"))
    builds = DirectoryBuildStore(root: home("builds"))
    try Pack.write(Pack.plain, to: home("pack"))
  }

  private func place(_ version: String) async throws {
    let marker = Marker(version: version, tree: Pack.digest(Pack.plain))
    _ = try await slices.place(from: home("pack"), marker: marker, token: "t")
  }

  private func shown(_ store: any ItemStore) async throws -> [String] {
    try await store.items().sorted { $0.id < $1.id }.map {
      "\($0.id)\($0.uses.isEmpty ? "" : ": " + $0.uses.joined(separator: "; "))"
    }
  }

  @Test("slices with the links that name them, and damaged ones; no other name")
  func slicesShown() async throws {
    for version in ["1.0.0", "1.0.1", "1.0.2"] { try await place(version) }
    try await slices.swing(.current, to: "1.0.1", token: "t")
    try await slices.swing(.next, to: "1.0.2", token: "t")
    try Files.makeDirectory(home("skills/1.0.0.damaged-p-3/alpha"))
    // A file, because an empty folder has no bytes on some file systems.
    try Files.create(home("skills/1.0.0.damaged-p-3/alpha/SKILL.md"), with: [1], mode: 0o644)
    try Files.makeDirectory(home("skills/mine"))
    #expect(
      try await shown(slices) == [
        "damaged_slice 1.0.0.damaged-p-3", "slice 1.0.0", "slice 1.0.1: current names it",
        "slice 1.0.2: next names it",
      ])
    #expect(try await slices.items().allSatisfy { $0.bytes > 0 && $0.changedAtMilliseconds > 0 })
    try await slices.remove(.init(.damagedSlice, "1.0.0.damaged-p-3"))
    try await slices.remove(.init(.slice, "1.0.0"))
    for refused in [
      StoredItem.ID(.slice, "1.0.1"), .init(.slice, "mine"), .init(.damagedSlice, "mine"),
      .init(.damagedSlice, "1.0.0.damaged-/../1.0.1"), .init(.damagedSlice, "1.0.1"),
    ] {
      #expect(await portError { try await slices.remove(refused) }.kind == .refused)
    }
    #expect(
      try Files.names(in: home("skills")).filter { !$0.hasPrefix(".") }
        == ["1.0.1", "1.0.2", "current", "mine", "next"])
  }

  @Test("a slice whose removal was cut short is placed again as a new one")
  func interrupted() async throws {
    try await place("1.0.0")
    try Files.rename(home("skills/1.0.0"), to: home("skills/.staging-removed-1.0.0"))
    try await place("1.0.0")
    #expect(try await slices.items().map(\.id.name) == ["1.0.0"])
    #expect(try Files.status(of: home("skills/.staging-removed-1.0.0")) == nil)
  }

  @Test("while the links cannot be read no slice goes")
  func unreadableLinks() async throws {
    try await place("1.0.0")
    try Files.makeDirectory(home("skills/current"))
    let uses = try await slices.items().flatMap(\.uses)
    #expect(uses.count == 1 && uses[0].hasPrefix("the links cannot be read"), "\(uses)")
  }

  @Test("builds older than the running one may go; newer ones and an installer's links may not")
  func buildsShown() async throws {
    for version in ["2026.9.4", "2026.9.5", "2026.9.6"] {
      try BuildStoreTests.install(version, at: home("builds/\(version)"))
    }
    try BuildStoreTests.install("2026.9.3", at: home("elsewhere"))
    try Files.swingLink(home("builds/2026.9.3"), to: home("elsewhere"), token: "t")
    #expect(try await builds.items().allSatisfy { $0.uses == ["current names no build"] })
    try await builds.swing(to: "2026.9.5", token: "t")
    #expect(
      try await shown(builds) == [
        "build 2026.9.4", "build 2026.9.5: current names it",
        "build 2026.9.6: it is newer than the build that current names",
      ])
    try await builds.remove(.init(.build, "2026.9.4"))
    for refused in ["2026.9.5", "2026.9.6", "../elsewhere", "current"] {
      let error = await portError { try await builds.remove(.init(.build, refused)) }
      #expect(error.kind == .refused)
    }
    #expect(
      try Files.names(in: home("builds")) == ["2026.9.3", "2026.9.5", "2026.9.6", "current"])
    #expect(try Files.status(of: home("elsewhere/node_modules")) != nil)
  }

  // MARK: State

  private func state() throws -> DirectoryStateStore {
    try Files.makeDirectory(home("claw"), mode: 0o700)
    try Files.replace(home("claw/openclaw.json"), with: Array("{}".utf8), durable: false)
    try Files.makeDirectory(home("agent"), mode: 0o700)
    return DirectoryStateStore(
      path: home("claw"), record: home("agent/state-copies.json"), apart: [], time: InstantTime())
  }

  private func swing(_ store: DirectoryStateStore, _ id: String) async throws {
    try Files.replace(home("claw/session"), with: Array(id.utf8), durable: false)
    _ = try await store.copy(token: OperationID(rawValue: id), extent: .whole)
    _ = try await store.use(of: OperationID(rawValue: id))
  }

  @Test("the newest copy of the state stays; of an older one a rollback is told that it is gone")
  func copies() async throws {
    let store = try state()
    try await swing(store, "p1/4")
    try await swing(store, "p2/4")
    try Files.makeDirectory(home("claw.sluice-mine"))
    #expect(
      try await shown(store) == [
        "state_copy claw.sluice-p1-4",
        "state_copy claw.sluice-p2-4: it is the newest copy, which a rollback puts back",
      ])
    #expect(try await store.items().map(\.operation?.rawValue) == ["p1/4", "p2/4"])
    try await store.remove(.init(.stateCopy, "claw.sluice-p1-4"))
    for refused in ["claw.sluice-p2-4", "claw.sluice-mine", "claw", "../claw.sluice-p2-4"] {
      let error = await portError { try await store.remove(.init(.stateCopy, refused)) }
      #expect(error.kind == .refused)
    }
    #expect(
      try Files.names(in: home.path).filter { $0.hasPrefix("claw") }
        == ["claw", "claw.sluice-mine", "claw.sluice-p2-4"])
    let gone = await portError {
      _ = try await store.putBack(
        of: OperationID(rawValue: "p1/4"), token: OperationID(rawValue: "p3/1"))
    }
    #expect(gone.message.contains("claw.sluice-p1-4") && gone.message.contains("is gone"))
    let back = try await store.putBack(
      of: OperationID(rawValue: "p2/4"), token: OperationID(rawValue: "p3/2"))
    #expect(back?.aside == home("claw.newer-p3-2"))
    #expect(try await shown(store) == ["newer_state claw.newer-p3-2"])
  }

  @Test("a removal that was cut short is finished by the next one")
  func interruptedCopy() async throws {
    let store = try state()
    try await swing(store, "p1/4")
    try await swing(store, "p2/4")
    try Files.rename(home("claw.sluice-p1-4"), to: home("claw.sluice-p1-4.removing"))
    let item = try #require(try await store.items().first { $0.uses.isEmpty })
    #expect(item.id.name == "claw.sluice-p1-4.removing")
    try await store.remove(item.id)
    #expect(try await store.items().map(\.id.name) == ["claw.sluice-p2-4"])
  }
}
