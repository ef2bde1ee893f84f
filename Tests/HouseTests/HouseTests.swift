import Foundation
import Testing

/// Reads the sources and keeps the house in order (`docs/architecture.md`).
@Suite("The house")
struct HouseTests {
  struct Source {
    /// The folder of `Sources` that the target stands in, for example `Pure`.
    let floor: String
    let target: String
    let path: String
    let lines: [String]
  }

  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// - Parameter floorless: also what stands in no floor's folder, as the tests do.
  static func sources(under folder: String, floorless: Bool = false) -> [Source] {
    let base = root.appending(path: folder)
    guard let walk = FileManager.default.enumerator(atPath: base.path) else { return [] }
    return walk.compactMap { entry in
      guard let path = entry as? String, path.hasSuffix(".swift"),
        let text = try? String(contentsOf: base.appending(path: path), encoding: .utf8)
      else { return nil }
      let folders = path.split(separator: "/").map(String.init)
      guard floorless || folders.count > 2 else { return nil }
      return Source(
        floor: folders[0], target: folders.count > 1 ? folders[1] : "", path: path,
        lines: text.components(separatedBy: "\n"))
    }
  }

  static let all = sources(under: "Sources")
  static let pure = all.filter { $0.floor == "Pure" }

  /// Lines of code, comments left out, that match a pattern.
  static func offenders(
    _ pattern: String, in sources: [Source], except allowed: Set<String> = []
  ) throws -> [String] {
    let regex = try Regex(pattern)
    return sources.filter { !allowed.contains($0.target) }.flatMap { source in
      source.lines.enumerated().compactMap { index, line in
        let code = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
        return code.contains(regex) ? "\(source.path):\(index + 1): \(line)" : nil
      }
    }
  }

  /// A reference to a document outside the project says nothing to a reader of the project.
  @Test("no source names a document that is not the project's")
  func ownDocuments() {
    let foreign = [["`", "DESIGN", "`"], ["facts", "/"], ["..", "/shared"]].map { $0.joined() }
    for source in Self.all {
      for word in foreign {
        #expect(!source.lines.contains { $0.contains(word) }, "\(source.path): \(word)")
      }
    }
  }

  @Test("there are sources to read")
  func found() { #expect(Self.all.count > 80) }

  @Test(
    "the pure floor has no Foundation, async, clock or randomness",
    arguments: [
      #"^\s*import (Foundation|Glibc|Darwin|Dispatch|Synchronization)"#, #"\basync\b|\bawait\b"#,
      #"ContinuousClock|Date\(\)|\.random|SystemRandomNumberGenerator"#,
    ])
  func pureFloor(pattern: String) throws {
    #expect(try Self.offenders(pattern, in: Self.pure) == [])
  }

  @Test("the pure floor imports nothing but itself and the hashes")
  func pureImports() throws {
    let pattern = #"^\s*import (?!SluiceCore$|SluiceJSON$|SluiceCrypto$)"#
    #expect(try Self.offenders(pattern, in: Self.pure) == [])
  }

  /// The floors that a target may import from, by the floor of the target. The faces and what tries the
  /// product out see all that is below them.
  static let below: [String: Set<String>] = [
    "Faces": ["Faces", "Tryout", "Services", "Adapters", "Engine", "Pure", "Plumbing"],
    "Tryout": ["Tryout", "Services", "Adapters", "Engine", "Pure", "Plumbing"],
    "Services": ["Services", "Adapters", "Engine", "Pure", "Plumbing"],
    "Adapters": ["Engine", "Pure", "Plumbing"], "Engine": ["Engine", "Pure"],
    "Pure": ["Pure", "Plumbing"], "Plumbing": ["Plumbing"],
  ]

  @Test("an import goes down a floor, and no adapter knows another one")
  func floors() throws {
    #expect(Set(Self.all.map(\.floor)) == Set(Self.below.keys))
    let floor = Dictionary(Self.all.map { ($0.target, $0.floor) }) { first, _ in first }
    let imported = try Regex(#"^\s*(?:public )?import (\w+)$"#)
    for source in Self.all {
      for line in source.lines {
        guard let match = line.wholeMatch(of: imported), let name = match.output[1].substring,
          let other = floor[String(name)], name != source.target
        else { continue }
        let isAllowed = Self.below[source.floor, default: []].contains(other)
        #expect(isAllowed, "\(source.path) imports \(name) of \(other)")
      }
    }
  }

  @Test("unsafe pointers, threads and C modules stay in the plumbing")
  func unsafeCode() throws {
    let pattern =
      #"Unsafe|Unmanaged|withMemoryRebound|\bThread\b|DispatchQueue|import C[A-Z]|@unchecked"#
    let above = Self.all.filter { $0.floor != "Plumbing" }
    #expect(try Self.offenders(pattern, in: above, except: ["OpenClawStandIn"]) == [])
  }

  @Test("unstructured tasks and sleeps stay in the controller")
  func unstructured() throws {
    let pattern = #"\bTask\s*\{|Task\.detached|Task\.sleep"#
    #expect(try Self.offenders(pattern, in: Self.all, except: ["SluiceController"]) == [])
  }

  /// Why a promotion stands still, what a step wants and what a ledger's line means is decided in the core
  /// and worded in `SluiceStatus`, once for every face.
  @Test("the command line asks no gate, counts no evidence and reads no ledger line by itself")
  func faces() throws {
    let pattern =
      #"stepGates|\.standstill|StepGates|EvidenceWanted\(|PlanDuration\(|PlanOutlook\(|Recording\.|Replay\("#
    let commands = Self.all.filter { $0.target == "SluiceCommands" }
    #expect(commands.count > 20)
    #expect(try Self.offenders(pattern, in: commands) == [])
  }

  /// Another kind of balancer is an adapter and a case of the registry, and nothing else.
  @Test("HAProxy's adapter is known to the registry, to HAProxy's own service and to the figures")
  func registry() throws {
    let found = try Self.offenders(#"^\s*import SluiceHAProxy$"#, in: Self.all)
      .map { String($0.prefix { $0 != ":" }) }
    let outside = found.filter {
      !$0.hasPrefix("Services/SluiceController/HAProxy/") && !$0.hasPrefix("Tryout/sluice-bench/")
    }
    #expect(outside == ["Services/SluiceController/Balancer/Traffic.swift"])
  }

  @Test("nothing traps on bad luck, and nothing is left for later")
  func shortcuts() throws {
    let pattern = #"try!|\bas!|fatalError\(|TODO|FIXME"#
    #expect(try Self.offenders(pattern, in: Self.all) == [])
  }

  @Test("a file is about one thing: at most 400 lines")
  func fileLength() {
    #expect(Self.all.filter { $0.lines.count > 401 }.map(\.path) == [])
  }

  @Test("every verb and every configuration key is documented")
  func documented() throws {
    let reference = try String(
      contentsOf: Self.root.appending(path: "docs/commands.md"), encoding: .utf8)
    let verbs = try Self.offenders(#"CommandSpec\($"#, in: Self.all).count
    #expect(verbs > 3)
    for source in Self.all where source.target == "SluiceCommands" {
      for (index, line) in source.lines.enumerated()
      where line.contains("spec: CommandSpec(") && index + 1 < source.lines.count {
        let name = source.lines[index + 1].split(separator: "\"")[1]
        #expect(reference.contains("sluice \(name)"), "\(name) is not in docs/commands.md")
      }
    }
    let example = try String(
      contentsOf: Self.root.appending(path: "docs/sluice.yaml"), encoding: .utf8)
    let key = try Regex(
      #"(?:string|optional|required|mapping|strings|enumeration|duration|percent|integer|path|requiredPath|address)\((?:section, |process, |launchd, )?"([a-z_0-9]+)""#
    )
    for source in Self.all where source.target == "SluiceFleetFile" {
      for match in source.lines.joined(separator: "\n").matches(of: key) {
        let name = String(match.output[1].substring ?? "")
        #expect(example.contains("\(name):"), "\(name) is not in docs/sluice.yaml")
      }
    }
  }
}
