import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHost

@Suite("OpenClaw's state, copied and put back")
struct StateStoreTests {
  let home: TemporaryDirectory
  var state: String { home("claw") }
  let forward = OperationID(rawValue: "p1/4")
  let back = OperationID(rawValue: "p1/5")

  init() throws {
    home = try TemporaryDirectory()
    try Files.makeDirectory(home("claw/agents/main"), mode: 0o700)
    try Files.makeDirectory(home("agent"), mode: 0o700)
    try write("one", to: "agents/main/session.jsonl")
    try write("{}", to: "openclaw.json", mode: 0o600)
    try Files.swingLink(home("claw/latest"), to: "agents/main", token: "t")
  }

  private func write(_ text: String, to path: String, mode: UInt32 = 0o644) throws {
    try Files.replace("\(state)/\(path)", with: Array(text.utf8), mode: mode, durable: false)
  }

  private func store(apart: [String] = []) -> DirectoryStateStore {
    DirectoryStateStore(
      path: state, record: home("agent/state-copies.json"), apart: apart, time: InstantTime())
  }

  private func session(of directory: String? = nil) throws -> String {
    try Files.readText("\(directory ?? state)/agents/main/session.jsonl")
  }

  private func names() throws -> [String] { try Files.names(in: home.path) }

  @Test("a copy is whole, with modes and links, and stands beside the state")
  func copy() async throws {
    let report = try await store().copy(token: forward, extent: .whole)
    let copy = try #require(report.copy)
    #expect(copy == "\(state).sluice-p1-4")
    #expect(try session(of: copy) == "one")
    #expect(try Files.linkTarget(of: "\(copy)/latest") == "agents/main")
    #expect(try Files.status(of: "\(copy)/openclaw.json")?.mode == 0o600)
    #expect(try Files.status(of: "\(copy)/agents/main")?.mode == 0o700)
    #expect(try names() == ["agent", "claw", "claw.sluice-p1-4"])
  }

  @Test("asked again it makes no second one, unless the state was written to since")
  func again() async throws {
    let first = try await store().copy(token: forward, extent: .whole)
    #expect(try await store().copy(token: forward, extent: .whole).copy == first.copy)
    try write("two", to: "agents/main/session.jsonl")
    let second = try await store().copy(token: forward, extent: .whole)
    #expect(second.copy == "\(state).sluice-p1-4-2")
    #expect(try session(of: second.copy) == "two")
    // The first stays: nothing is ever removed.
    #expect(try session(of: first.copy) == "one")
  }

  @Test("what was left half is not taken for a copy")
  func half() async throws {
    let staging = "\(state).sluice-p1-4.part"
    try Files.makeDirectory(staging)
    try Files.replace("\(staging)/half", with: [1])
    let report = try await store().copy(token: forward, extent: .whole)
    #expect(try session(of: report.copy) == "one")
    #expect(try Files.status(of: "\(report.copy ?? "")/half") == nil)
    #expect(try Files.status(of: staging) == nil)
  }

  @Test("put back, the state is what it was, and the newer one is kept")
  func putBack() async throws {
    let store = store()
    _ = try await store.copy(token: forward, extent: .whole)
    _ = try await store.use(of: forward)
    #expect(try await store.isOutstanding(forward))
    try write("newer", to: "agents/main/session.jsonl")
    let report = try #require(try await store.putBack(of: forward, token: back))
    #expect(report.aside == "\(state).newer-p1-5")
    #expect(try session() == "one")
    #expect(try session(of: report.aside) == "newer")
    #expect(try names() == ["agent", "claw", "claw.newer-p1-5"])
    #expect(try await !store.isOutstanding(forward))
    // Once is once: what is written from here on stays.
    try write("older goes on", to: "agents/main/session.jsonl")
    let again = try await store.putBack(of: forward, token: OperationID(rawValue: "p1/6"))
    #expect(again?.aside == report.aside)
    #expect(try session() == "older goes on")
  }

  @Test("a copy that no build was started on is not put back, nor one that was never made")
  func unused() async throws {
    let store = store()
    #expect(try await store.putBack(of: forward, token: back) == nil)
    _ = try await store.copy(token: forward, extent: .whole)
    try write("still the old build", to: "agents/main/session.jsonl")
    #expect(try await store.putBack(of: forward, token: back) == nil)
    #expect(try session() == "still the old build")
  }

  @Test("no newer build starts without a copy")
  func use() async throws {
    let none = await portError { _ = try await store().use(of: forward) }
    #expect(none.kind == .failed && none.message.contains("no copy"))
    let report = try await store().copy(token: forward, extent: .whole)
    try Files.removeTree(try #require(report.copy))
    let gone = await portError { _ = try await store().use(of: forward) }
    #expect(gone.kind == .failed)
  }

  @Test("a copy that somebody removed is named, and nothing is moved")
  func lost() async throws {
    let store = store()
    let copy = try #require(try await store.copy(token: forward, extent: .whole).copy)
    _ = try await store.use(of: forward)
    try Files.removeTree(copy)
    let error = await portError { _ = try await store.putBack(of: forward, token: back) }
    #expect(error.kind == .failed && error.message.contains(copy))
    #expect(try session() == "one")
  }

  /// Where putting back can be cut short: after the exchange, between two renames, and with a state
  /// that a gateway made which was started meanwhile.
  enum CutShort: CaseIterable { case exchanged, renamed, stray, aside }

  @Test("putting back is taken up wherever it was cut short", arguments: CutShort.allCases)
  func cutShort(_ cut: CutShort) async throws {
    let copy = try #require(try await store().copy(token: forward, extent: .whole).copy)
    _ = try await store().use(of: forward)
    try write("newer", to: "agents/main/session.jsonl")
    // As a store leaves it that died in the middle.
    var copies = try StateCopies.read(home("agent/state-copies.json"))
    var entry = try #require(copies.last(of: forward))
    entry.stage = .puttingBack
    entry.copyInode = try Files.status(of: copy)?.inode
    entry.newerInode = try Files.status(of: state)?.inode
    entry.aside = "\(state).newer-p1-5"
    copies.set(entry)
    try copies.write(home("agent/state-copies.json"))
    let aside = try #require(entry.aside)
    switch cut {
    case .exchanged: try Files.exchange(state, copy)
    case .renamed: try Files.rename(state, to: aside)
    case .stray:
      try Files.rename(state, to: aside)
      try Files.makeDirectory(home("claw/agents/main"))
      try write("stray", to: "agents/main/session.jsonl")
    case .aside:
      try Files.exchange(state, copy)
      try Files.rename(copy, to: aside)
    }
    let report = try #require(try await store().putBack(of: forward, token: back))
    #expect(report.aside == aside)
    #expect(try session() == "one")
    #expect(try session(of: aside) == "newer")
    let strays = try names().filter { $0.contains("stray") }
    #expect(strays == (cut == .stray ? ["claw.newer-p1-5-stray"] : []))
  }

  @Test("what cannot be swapped as a whole is told before anything moves")
  func faults() async throws {
    let sound = try await store(apart: [home("agent")]).survey(running: state)
    #expect(sound.fault == nil && sound.bytes > 0 && sound.freeBytes > 0)
    let within = try await store(apart: ["\(state)/agent"]).survey(running: nil)
    #expect(within.fault?.contains("lie in each other") == true)
    let other = try await store().survey(running: home("agent"))
    #expect(other.fault?.contains("the gateway works on") == true)
    try Files.rename(state, to: home("real"))
    try Files.swingLink(state, to: home("real"), token: "t")
    #expect(try await store().survey(running: nil).fault?.contains("not a link") == true)
  }

  @Test("a record that cannot be read is not taken for none")
  func unreadable() async throws {
    try Files.replace(home("agent/state-copies.json"), with: Array("{}".utf8))
    let error = await portError { _ = try await store().copy(token: forward, extent: .whole) }
    #expect(error.kind == .failed && error.message.contains("state-copies.json"))
  }

  // MARK: The configuration

  private func store(configuration: String) -> DirectoryStateStore {
    DirectoryStateStore(
      path: state, configuration: configuration, record: home("agent/state-copies.json"), apart: [],
      time: InstantTime())
  }

  private func config(_ text: String?, at path: String? = nil) throws {
    let path = path ?? home("etc.json")
    guard let text else { return try Files.removeFile(path) }
    try Files.replace(path, with: Array(text.utf8), mode: 0o600, durable: false)
  }

  @Test("F2: a configuration outside the state goes with it, and the newer one is kept aside")
  func configurationOutside() async throws {
    try config("of the older")
    let store = store(configuration: home("etc.json"))
    _ = try await store.copy(token: forward, extent: .whole)
    _ = try await store.use(of: forward)
    try config("of the newer")
    try write("two", to: "agents/main/session.jsonl")
    #expect(try await store.isOutstanding(forward))
    let report = try await store.putBack(of: forward, token: back)
    #expect(report?.aside == "\(state).newer-p1-5")
    #expect(try Files.readText(home("etc.json")) == "of the older")
    #expect(try Files.status(of: home("etc.json"))?.mode == 0o600)
    #expect(try Files.readText("\(state).newer-p1-5.config") == "of the newer")
    #expect(try session() == "one")
    #expect(try await !store.isOutstanding(forward))
  }

  @Test("with equal schemas the configuration alone goes back, in the state and outside of it")
  func configurationAlone() async throws {
    for path in [home("etc.json"), "\(state)/openclaw.json"] {
      try config("of the older", at: path)
      let token = OperationID(rawValue: "\(path.utf8.count)/1")
      let store = store(configuration: path)
      let made = try await store.copy(token: token, extent: .configuration)
      #expect(try await store.copy(token: token, extent: .configuration).copy == made.copy)
      #expect(try await store.use(of: token).copy == made.copy)
      try config("of the newer", at: path)
      try write("two", to: "agents/main/session.jsonl")
      let report = try await store.putBack(of: token, token: back)
      #expect(try Files.readText(path) == "of the older")
      #expect(try Files.readText(#require(report?.aside)) == "of the newer")
      #expect(try session() == "two")
      // Asked again nothing changes, whatever somebody wrote meanwhile.
      try config("by hand", at: path)
      #expect(try await store.putBack(of: token, token: back)?.aside == report?.aside)
      #expect(try Files.readText(path) == "by hand")
    }
  }

  @Test("a put-back cut short between its steps is taken up and keeps what was newer")
  func configurationCutShort() async throws {
    try config("of the older")
    let store = store(configuration: home("etc.json"))
    _ = try await store.copy(token: forward, extent: .configuration)
    _ = try await store.use(of: forward)
    try config("of the newer")
    var copies = try StateCopies.read(home("agent/state-copies.json"))
    var copy = try #require(copies.configuration(of: forward))
    copy.stage = .puttingBack
    copy.aside = "\(state).newer-p1-5.config"
    copies.set(copy)
    try copies.write(home("agent/state-copies.json"))
    try config("of the newer", at: "\(state).newer-p1-5.config")
    let report = try await store.putBack(of: forward, token: back)
    #expect(report?.aside == "\(state).newer-p1-5.config")
    #expect(try Files.readText(home("etc.json")) == "of the older")
    #expect(try Files.status(of: "\(state).newer-p1-5.config-2") == nil)
  }

  @Test("a configuration that was not there before goes aside, and a link's target is what counts")
  func configurationOdd() async throws {
    let none = store(configuration: home("etc.json"))
    _ = try await none.copy(token: forward, extent: .configuration)
    _ = try await none.use(of: forward)
    try config("of the newer")
    let report = try await none.putBack(of: forward, token: back)
    #expect(try Files.status(of: home("etc.json")) == nil)
    #expect(try Files.readText(#require(report?.aside)) == "of the newer")

    try config("of the older", at: home("real.json"))
    try Files.swingLink(home("link.json"), to: "real.json", token: "t")
    let other = OperationID(rawValue: "p2/1")
    let linked = store(configuration: home("link.json"))
    _ = try await linked.copy(token: other, extent: .configuration)
    _ = try await linked.use(of: other)
    try config("of the newer", at: home("real.json"))
    _ = try await linked.putBack(of: other, token: OperationID(rawValue: "p2/2"))
    #expect(try Files.readText(home("real.json")) == "of the older")
    #expect(try Files.linkTarget(of: home("link.json")) == "real.json")
  }

  @Test("copies that are gone or altered are told before anybody needs them")
  func brokenCopies() async throws {
    try config("of the older")
    let store = store(configuration: home("etc.json"))
    #expect(try await store.faultOfCopies() == nil)
    let copy = try #require(try await store.copy(token: forward, extent: .whole).copy)
    _ = try await store.use(of: forward)
    #expect(try await store.faultOfCopies() == nil)
    // The same files in another directory: somebody put a copy of the copy there.
    try Files.rename(copy, to: home("kept"))
    try Files.copyTree(home("kept"), to: copy)
    #expect(try await store.faultOfCopies()?.contains("\(copy), is another directory") == true)
    try Files.removeTree(copy)
    try Files.rename(home("kept"), to: copy)
    #expect(try await store.faultOfCopies() == nil)
    try Files.replace("\(copy)/agents/main/session.jsonl", with: Array("altered".utf8))
    #expect(try await store.faultOfCopies()?.contains("was altered") == true)
    try Files.removeTree(copy)
    #expect(try await store.faultOfCopies()?.contains("\(copy), is gone") == true)

    let later = OperationID(rawValue: "p2/1")
    _ = try await store.copy(token: later, extent: .configuration)
    _ = try await store.use(of: later)
    #expect(try await store.faultOfCopies() == nil, "a rollback needs only the last copy")
    try config("altered", at: "\(state).sluice-p2-1.config")
    #expect(try await store.faultOfCopies()?.contains("gone or altered") == true)
    let error = await portError { _ = try await store.putBack(of: later, token: back) }
    #expect(error.message.contains("is gone or was altered"))
  }
}
