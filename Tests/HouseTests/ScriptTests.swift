import Foundation
import SluiceSystem
import SluiceTestSupport
import Testing

/// macOS ships bash 3.2 and the tools of BSD: what they lack must not be in a script.
@Suite("Scripts as macOS reads them")
struct ScriptTests {
  struct Script: Sendable {
    let path: String
    let text: String
    /// Without comments, and with continued lines as one.
    let lines: [(number: Int, code: String)]
    /// Says of itself that macOS is not its place.
    var isForLinux: Bool { text.contains("\n# Linux only: ") }

    init(path: String, text: String) {
      (self.path, self.text) = (path, text)
      var lines: [(Int, String)] = []
      for (index, line) in text.components(separatedBy: "\n").enumerated() {
        let isComment = line.trimmingCharacters(in: .whitespaces).hasPrefix("#")
        let code = isComment ? "" : line
        if let last = lines.last, last.1.hasSuffix("\\") {
          lines[lines.count - 1].1 = last.1.dropLast() + " " + code
        } else {
          lines.append((index + 1, code))
        }
      }
      self.lines = lines
    }

    func offences(_ pattern: String) throws -> [String] {
      let regex = try Regex(pattern)
      return lines.filter { $0.code.contains(regex) }.map { "\(path):\($0.number): \($0.code)" }
    }
  }

  /// Every file of the project that a shell runs.
  static let scripts: [Script] = {
    let root = HouseTests.root
    guard let walk = FileManager.default.enumerator(atPath: root.path) else { return [] }
    var found: [Script] = []
    while let path = walk.nextObject() as? String {
      if path.hasPrefix(".build") || path == ".git" {
        walk.skipDescendants()
        continue
      }
      guard let data = try? Files.readEnd(of: "\(root.path)/\(path)", limit: 1 << 20),
        data.starts(with: Array("#!".utf8)), let text = String(validating: data, as: UTF8.self),
        text.prefix(while: { $0 != "\n" }).hasSuffix("sh")
      else { continue }
      found.append(Script(path: path, text: text))
    }
    return found
  }()

  @Test("there are scripts to read")
  func found() {
    let paths = Self.scripts.map(\.path)
    #expect(paths.count > 12)
    #expect(paths.contains("scripts/test") && paths.contains(".ci/run"))
  }

  @Test("each rule finds what it is for", arguments: ScriptRule.bash + ScriptRule.tools)
  func rule(_ rule: ScriptRule) throws {
    #expect(try Script(path: "x", text: rule.offence).offences(rule.pattern).count == 1)
    #expect(try Script(path: "x", text: "# \(rule.offence)").offences(rule.pattern) == [])
  }

  @Test("no script has what bash 3.2 lacks", arguments: ScriptRule.bash)
  func bash(_ rule: ScriptRule) throws {
    for script in Self.scripts { #expect(try script.offences(rule.pattern) == []) }
  }

  @Test(
    "no script has what the tools of macOS lack, but for one that says that it is for Linux",
    arguments: ScriptRule.tools)
  func tools(_ rule: ScriptRule) throws {
    for script in Self.scripts where !script.isForLinux {
      #expect(try script.offences(rule.pattern) == [])
    }
  }

  /// Before bash 4.4 `"${a[@]}"` of an array without elements is an unbound variable under `set -u`: it has
  /// to be written `${a[@]+"${a[@]}"}`, or how many there are is asked before.
  static func unguarded(_ script: Script) throws -> [String] {
    guard script.text.contains(try Regex(#"\nset -[a-z]*u"#)) else { return [] }
    let made = try Regex(#"(?:^|[\s;])(\w+)=\(\)"#).anchorsMatchLineEndings()
    let names = Set(
      script.text.matches(of: made).compactMap { $0.output[1].substring.map(String.init) })
    return try names.sorted().flatMap { name in
      let used = try Regex(#"\$\{\#(name)\[[@*]\](:[^}]*)?\}"#)
      let guarded = try Regex(#"\$\{\#(name)\[[@*]\]\+"[^"]*"\}"#)
      let asked = try Regex(#"(\[\[|\(\(|\[) *.*\$\{#\#(name)\[[@*]\]\}"#)
      let first = script.lines.first { $0.code.contains(asked) }?.number ?? Int.max
      return script.lines.filter { line in
        line.number < first && line.code.replacing(guarded, with: "").contains(used)
      }.map { "\(script.path):\($0.number): \($0.code)" }
    }
  }

  @Test("an array that may be empty is expanded with a guard")
  func emptyArrays() throws {
    let bad = Script(path: "x", text: "\nset -u\na=()\nfor x in \"${a[@]}\"; do :; done")
    #expect(try Self.unguarded(bad).count == 1)
    let asked = Script(
      path: "x", text: "\nset -eu\na=()\n((${#a[@]} > 0)) || exit\necho \"${a[@]}\"")
    #expect(try Self.unguarded(asked) == [])
    let good = Script(path: "x", text: "\nset -u\na=()\nfor x in ${a[@]+\"${a[@]}\"}; do :; done")
    #expect(try Self.unguarded(good) == [])
    for script in Self.scripts { #expect(try Self.unguarded(script) == []) }
  }

  @Test("scripts/within gives a command its time, and no more")
  func within() async throws {
    func within(_ seconds: String, _ script: String, input: String = "") async throws
      -> ProcessOutcome
    {
      try await Processes.run(
        ProcessCommand(
          "/bin/sh", ["-c", "exec bash scripts/within \(seconds) sh -c '\(script)'"],
          environment: ["PATH": "/usr/bin:/bin"], directory: HouseTests.root.path,
          input: Array(input.utf8)))
    }
    #expect(try await within("60", "exit 3").termination == .exited(3))
    #expect(try await within("60", "cat", input: "x").outputText == "x")
    let home = try TemporaryDirectory()
    let late = try await within(
      "1", "trap \"\" TERM; sleep 600 & echo $! >\(home("pid")); exec sleep 600")
    #expect(late.termination == .exited(124))
    let pid = try #require(Int32(try Files.readText(home("pid")).prefix { $0 != "\n" }))
    #expect(await eventually { Processes.identity(of: pid) == nil })
  }
}
