import Foundation
import Testing

/// Inputs that fuzzing found and kept, read again by the same parsers with the same promises: inputs that reach
/// every part of a parser (`Corpora`), and those that broke one once (`Regressions`).
@Suite("What others write")
struct ReplayTests {
  private static func inputs(_ kind: String, of name: String) throws -> [(
    file: String, bytes: [UInt8]
  )] {
    let folder = try #require(Bundle.module.resourceURL).appending(path: "\(kind)/\(name)")
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return try files.sorted().map { file in
      (file, [UInt8](try Data(contentsOf: folder.appending(path: file))))
    }
  }

  private func replay(_ parser: FuzzParser, _ file: String, _ bytes: [UInt8]) {
    do { try parser.read(bytes) } catch {
      Issue.record("\(parser.name) breaks its word on \(file): \(error)")
    }
  }

  @Test("a parser reads its corpus as it promises", arguments: FuzzParser.all.map(\.name))
  func corpus(name: String) throws {
    let parser = try #require(FuzzParser.all.first { $0.name == name })
    let inputs = try Self.inputs("Corpora", of: name)
    #expect(inputs.count > 1, "\(name) has no corpus: scripts/fuzz --keep \(name)")
    #expect(inputs.count <= 60, "\(name) has \(inputs.count) files: scripts/fuzz --keep \(name)")
    #expect(inputs.reduce(0) { $0 + $1.bytes.count } <= 200_000, "\(name)'s corpus is too large")
    for (file, bytes) in inputs {
      replay(parser, file, bytes)
      // Cut off in the middle, as a crash or a full disk leaves a file.
      replay(parser, "the first half of \(file)", Array(bytes.prefix(bytes.count / 2)))
    }
  }

  @Test("what broke a parser once does not break it again", arguments: FuzzParser.all.map(\.name))
  func regressions(name: String) throws {
    let parser = try #require(FuzzParser.all.first { $0.name == name })
    for (file, bytes) in try Self.inputs("Regressions", of: name) { replay(parser, file, bytes) }
  }

  @Test("there is no corpus and no regression of a parser that is not there")
  func strays() throws {
    let folder = try #require(Bundle.module.resourceURL)
    let names = Set(FuzzParser.all.map(\.name))
    #expect(names.count == FuzzParser.all.count, "two parsers have one name")
    for kind in ["Corpora", "Regressions"] {
      let found = try FileManager.default.contentsOfDirectory(
        atPath: folder.appending(path: kind).path)
      #expect(Set(found).subtracting(names).subtracting(["README.md"]) == [], "in \(kind)")
    }
  }

  @Test("a promise that is not kept is told")
  func promise() {
    #expect(throws: BrokenProperty.self) { try require(false, "no") }
  }
}
