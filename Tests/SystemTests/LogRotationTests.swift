import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("Logs that do not grow for ever")
struct LogRotationTests {
  private let home: TemporaryDirectory
  private var log: String { home("a.log") }
  private var rotation: LogRotation { LogRotation(log, limit: 10, kept: 2) }

  init() throws { home = try TemporaryDirectory() }

  private func append(_ text: String) throws {
    try AppendFile(path: log).append(Array(text.utf8))
  }

  private func texts() throws -> [String: String] {
    try Dictionary(
      uniqueKeysWithValues: Files.names(in: home.path).map { ($0, try Files.readText(home($0))) })
  }

  @Test("a program that holds the log open goes on writing to it, and two older parts stay")
  func copied() throws {
    let held = try AppendFile(path: log)
    for part in ["first part", "second part", "third part!", "fourth part"] {
      try held.append(Array("\(part)\n".utf8))
      #expect(try rotation.rotateIfLarge())
    }
    try append("now\n")
    #expect(
      try texts() == ["a.log": "now\n", "a.log.1": "urth part\n", "a.log.2": "ird part!\n"])
  }

  @Test("a small log stays as it is, and a missing one is no fault")
  func small() throws {
    #expect(try !rotation.rotateIfLarge())
    try append("0123456789")
    #expect(try !rotation.rotateIfLarge())
    #expect(try texts() == ["a.log": "0123456789"])
  }

  @Test("the log of a program that starts anew is renamed whole")
  func renamed() throws {
    try rotation.rotate()
    for text in ["one and all of it", "two", "three"] {
      try append(text)
      try rotation.rotate()
    }
    #expect(try texts() == ["a.log.1": "three", "a.log.2": "two"])
  }

  @Test("a link in the log's place is not followed")
  func link() throws {
    try Files.create(home("other"), with: Array("0123456789abcdef".utf8), mode: 0o600)
    try Files.makeLink(log, to: home("other"))
    #expect(try !rotation.rotateIfLarge())
    try rotation.rotate()
    #expect(try Files.readText(home("other")) == "0123456789abcdef")
    #expect(try Files.names(in: home.path) == ["a.log", "other"])
  }
}
