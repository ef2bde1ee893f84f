import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHost

@Suite("The copy of a state on which a build is tried")
struct TrialStoreTests {
  let home: TemporaryDirectory
  var state: String { home("claw") }
  let token = OperationID(rawValue: "try-1/mac-a")

  private static let database = Array("SQLite format 3\0".utf8) + [UInt8](repeating: 7, count: 84)

  init() throws {
    home = try TemporaryDirectory()
    try Files.makeDirectory(home("claw/agents/main"), mode: 0o700)
    try write("one", to: "agents/main/session.jsonl")
  }

  private func write(_ text: String, to path: String) throws {
    try write(Array(text.utf8), to: path)
  }

  private func write(_ bytes: [UInt8], to path: String) throws {
    try Files.replace("\(state)/\(path)", with: bytes, mode: 0o600, durable: false)
  }

  private func store() -> DirectoryTrialStore {
    DirectoryTrialStore(state: state, time: InstantTime())
  }

  @Test("it stands beside the state, with everything but tmp and what leads out of the state")
  func copy() async throws {
    try write("{}", to: "openclaw.json")
    try Files.makeDirectory("\(state)/tmp")
    try write("lock", to: "tmp/gateway.lock")
    try Files.swingLink("\(state)/latest", to: "agents/main", token: "t")
    try Files.swingLink("\(state)/absolute", to: "\(state)/agents", token: "t")
    try Files.swingLink("\(state)/escape", to: "../elsewhere", token: "t")
    try Files.swingLink("\(state)/agents/far", to: "/etc", token: "t")
    let copy = try await store().copy(token: token)
    #expect(copy.directory == "\(state).trial-try-1-mac-a")
    #expect(try Files.readText("\(copy.state)/agents/main/session.jsonl") == "one")
    #expect(
      try Files.names(in: copy.state) == ["absolute", "agents", "latest", "openclaw.json"])
    #expect(try Files.linkTarget(of: "\(copy.state)/latest") == "\(copy.state)/agents/main")
    #expect(try Files.linkTarget(of: "\(copy.state)/absolute") == "\(copy.state)/agents")
    #expect(
      copy.leftOut == [
        "the link agents/far leads out of the state and was left out",
        "the link escape leads out of the state and was left out",
      ])
    #expect(copy.configuration == "\(copy.state)/openclaw.json")
    #expect(copy.files == 2 && copy.bytes > 0)
    #expect(try Files.status(of: copy.directory)?.mode == 0o700)
    try await store().discard(copy.directory)
    #expect(try Files.names(in: home.path) == ["claw"])
  }

  @Test("a database is copied with its log, and counts as one file")
  func database() async throws {
    try write(Self.database, to: "state.sqlite")
    try write([1, 2, 3], to: "state.sqlite-wal")
    try write([4], to: "state.sqlite-shm")
    try write([5], to: "plain-wal")
    let copy = try await store().copy(token: token)
    #expect(copy.databases == ["\(copy.state)/state.sqlite"])
    #expect(
      try Files.names(in: copy.state) == [
        "agents", "plain-wal", "state.sqlite", "state.sqlite-wal",
      ])
    #expect(copy.files == 3)
  }

  private func fault(_ body: () throws(PortError) -> Void) -> PortError? {
    do { try body() } catch { return error }
    return nil
  }

  /// A header of a log, which is another one when the log begins anew.
  private func log(_ salt: UInt8) -> [UInt8] { [UInt8](repeating: salt, count: 32) + [9, 9] }

  @Test("a log that begins anew while its database is copied makes the copy begin anew, too")
  func anew() throws {
    let database = LiveDatabase(path: "\(state)/state.sqlite")
    let target = home("copy.sqlite")
    try write(Self.database, to: "state.sqlite")
    try write(log(1), to: "state.sqlite-wal")
    var turns: UInt8 = 1
    #expect(
      fault { () throws(PortError) in
        try database.copy(to: target) {
          // Twice only.
          guard turns < 3 else { return }
          turns += 1
          try? write(log(turns), to: "state.sqlite-wal")
        }
      } == nil)
    #expect(turns == 3)
    #expect(try Files.read("\(target)-wal") == log(3))
    let error = fault { () throws(PortError) in
      try database.copy(to: target) {
        turns += 1
        try? write(log(turns), to: "state.sqlite-wal")
      }
    }
    #expect(error?.message.contains("was written to while it was copied, 10 times") == true)
  }

  @Test("rows that a log gets while its database is copied are no fault")
  func longer() throws {
    let database = LiveDatabase(path: "\(state)/state.sqlite")
    try write(Self.database, to: "state.sqlite")
    try write(log(1), to: "state.sqlite-wal")
    var turns = 0
    try database.copy(to: home("copy.sqlite")) {
      turns += 1
      try? write(log(1) + [1, 2, 3], to: "state.sqlite-wal")
    }
    #expect(turns == 1)
    #expect(try Files.read(home("copy.sqlite-wal")) == log(1) + [1, 2, 3])
  }

  @Test("a database without a log must stay as it is")
  func journal() throws {
    let database = LiveDatabase(path: "\(state)/state.sqlite")
    try write(Self.database, to: "state.sqlite")
    var turns = 0
    try database.copy(to: home("copy.sqlite")) {
      turns += 1
      if turns == 1 { try? write(Self.database + [1], to: "state.sqlite") }
      if turns == 2 { try? write([1], to: "state.sqlite-journal") }
    }
    #expect(turns == 3)
    #expect(try Files.read(home("copy.sqlite")) == Self.database + [1])
    #expect(try Files.read(home("copy.sqlite-journal")) == [1])
  }

  @Test("a disk without room is refused, with how much is needed, and nothing is left")
  func room() async throws {
    guard let disk = try SmallDisk.mounted(megabytes: 16) else { return }
    defer { disk.unmount() }
    let state = "\(disk.path)/claw"
    try Files.makeDirectory(state)
    try Files.replace(
      "\(state)/big", with: [UInt8](repeating: 1, count: 4 << 20), mode: 0o600, durable: false)
    let store = DirectoryTrialStore(state: state, time: InstantTime())
    var error: PortError?
    do throws(PortError) { _ = try await store.copy(token: token) } catch let thrown {
      error = thrown
    }
    #expect(error?.kind == .outOfSpace)
    #expect(error?.message.contains("needs 143 MB") == true, "\(String(describing: error))")
    #expect(error?.remedy?.hasPrefix("Free ") == true)
    #expect(try Files.names(in: disk.path) == ["claw"])
  }

  @Test("only its own directories are removed")
  func foreign() async throws {
    for directory in [state, "\(state).sluice-p1-4", "\(state).trial-x/../../etc"] {
      var kind: PortError.Kind?
      do throws(PortError) { try await store().discard(directory) } catch { kind = error.kind }
      #expect(kind == .refused)
    }
    #expect(try Files.readText("\(state)/agents/main/session.jsonl") == "one")
  }
}
