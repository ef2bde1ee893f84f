import SluiceCore
import SluiceHost
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("Slices that attack")
struct SliceAttackTests {
  enum TreeAttack: String, CaseIterable, Sendable {
    case linkedFile, linkedFolder, hardLink, pipe, setUser, control, git, marker, twins, forms
  }

  private let home: TemporaryDirectory
  private let store: DirectorySliceStore
  private static let marker = Marker(version: "1.4.2", tree: .zero)

  init() throws {
    home = try TemporaryDirectory()
    store = DirectorySliceStore(root: home("skills"))
    try write("---\nname: alpha\ndescription: first\n---\n", to: "alpha/SKILL.md")
  }

  private func write(_ text: String, to path: String, mode: UInt32 = 0o644) throws {
    let folder = home("pack/\(path)").split(separator: "/").dropLast().joined(separator: "/")
    try Files.makeDirectory("/" + folder)
    try Files.replace(home("pack/\(path)"), with: Array(text.utf8), mode: mode, durable: false)
  }

  private func plant(_ attack: TreeAttack, _ outside: String) async throws {
    switch attack {
    case .linkedFile: try Files.makeLink(home("pack/alpha/x"), to: "\(outside)/secret.txt")
    case .linkedFolder: try Files.makeLink(home("pack/beta"), to: "\(outside)/tree")
    case .hardLink:
      try write(Decoys.word, to: "alpha/x")
      try Files.keep(home("pack/alpha/x"), as: home("pack/alpha/y"))
    case .pipe:
      let made = try await Processes.run(
        ProcessCommand(try requireTool("mkfifo"), [home("pack/alpha/x")]))
      try #require(made.succeeded)
    case .setUser: try write("x", to: "alpha/x", mode: 0o4755)
    case .control: try write("x", to: "alpha/a\nb")
    case .git: try write("x", to: "alpha/.git/config")
    case .marker: try write("x", to: "SLUICE-RELEASE/SKILL.md")
    case .twins:
      try write("x", to: "alpha/x")
      try write("y", to: "alpha/X")
    case .forms:
      try write("x", to: "alpha/\u{E9}")
      try write("y", to: "alpha/e\u{301}")
    }
  }

  @Test("a pack that leads outside is not placed", arguments: TreeAttack.allCases)
  func packs(_ attack: TreeAttack) async throws {
    // A disk of macOS has one of two names that it takes for one.
    if Platform.current == .macOS, [.twins, .forms].contains(attack) { return }
    let decoys = try await Decoys(in: home("outside"))
    let tree = (try? SkillTree.read(home("pack")))?.digest ?? .zero
    try await plant(attack, decoys.directory)
    let locked = (try? SkillTree.read(home("pack")))?.digest ?? tree
    var said = ""
    do throws(PortError) {
      _ = try await store.place(
        from: home("pack"), marker: Marker(version: "1.4.2", tree: locked), token: "t")
      Issue.record("\(attack) was placed")
    } catch { said = "\(error)" }
    #expect(!said.isEmpty && !said.contains(Decoys.word))
    #expect(try await store.slices() == [])
    try await decoys.requireUntouched("\(attack)")
  }

  @Test(
    "a version that is a path is refused by every motion",
    arguments: ["../outside", "..", "/etc", "1.4.2/../../outside", "1.4.2\u{0}", "", "current"])
  func versions(_ version: String) async throws {
    let decoys = try await Decoys(in: home("outside"))
    try Files.makeDirectory(home("skills"))
    let marker = Marker(version: version, tree: .zero)
    await refused { _ = try await store.place(from: home("pack"), marker: marker, token: "t") }
    await refused { _ = try await store.placeAgain(from: home("pack"), marker: marker, token: "t") }
    await refused { try await store.swing(.next, to: version, token: "t") }
    for kind in [StoredItem.Kind.slice, .damagedSlice] {
      await refused { try await store.remove(StoredItem.ID(kind, version)) }
    }
    await refused { _ = try await store.digest(of: version) }
    #expect(try Files.names(in: home("skills")).filter { !$0.hasPrefix(".") } == [])
    try await decoys.requireUntouched("\(version.debugDescription)")
  }

  @Test("a slice that is a link is no slice, and next is not followed outside")
  func links() async throws {
    let decoys = try await Decoys(in: home("outside"))
    try Files.makeDirectory(home("skills"))
    try Files.makeLink(home("skills/1.4.2"), to: "\(decoys.directory)/tree")
    try Files.makeLink(home("skills/next"), to: "\(decoys.directory)/tree")
    let slices = try await store.slices()
    #expect(slices.map(\.version) == ["1.4.2"] && slices[0].fault != nil)
    await refused { try await store.swing(.current, to: "1.4.2", token: "t") }
    await refused {
      _ = try await store.place(from: home("pack"), marker: Self.marker, token: "t")
    }
    let links = try? await store.links()
    #expect(links?.next == nil)
    #expect(!"\(slices) \(String(describing: links))".contains(Decoys.word))
    try await decoys.requireUntouched("links")
  }

  private func refused(
    _ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
  ) async {
    do {
      try await body()
      Issue.record("it was not refused", sourceLocation: sourceLocation)
    } catch { #expect(!"\(error)".contains(Decoys.word), sourceLocation: sourceLocation) }
  }
}
