import Foundation

// drawn-mutants census ROOT TARGET...
//   how many places each target has for each operator
// drawn-mutants draw ROOT COPY COUNT SEED DROPPED TARGET...
//   draws COUNT places with SEED, writes each file of them with its switches below COPY, and prints them:
//   number, target, where and what it is, and its key. DROPPED is a file of keys that are not drawn.

func readPlaces(root: String, targets: [String]) throws -> [Place] {
  try targets.flatMap { target in
    let folder = "\(root)/Sources/\(target)"
    let files = (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? [])
      .filter { $0.hasSuffix(".swift") }.sorted()
    return try files.flatMap { file in
      let source = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
      return PlaceFinder.places(in: source, file: "Sources/\(target)/\(file)")
    }
  }
}

/// The places in the order in which they are drawn. A few of every target come first where there are
/// enough to draw; then a place is as likely as any other. A number is a place's rank among all, so
/// that one that does not compile does not renumber the rest.
func draw(_ count: Int, seed: UInt64, from places: [Place]) -> [(number: Int, place: Place)] {
  let targets = Set(places.map(\.target)).count
  let each = count >= 4 * targets ? 3 : count >= targets ? 1 : 0
  var seen: [String: Int] = [:]
  var first: [Place] = []
  var rest: [Place] = []
  let ranked = places.map { (rank: $0.rank(seed: seed), place: $0) }.sorted { $0.rank < $1.rank }
  for (_, place) in ranked {
    seen[place.target, default: 0] += 1
    if seen[place.target, default: 0] <= each { first.append(place) } else { rest.append(place) }
  }
  return (first + rest).enumerated().map { ($0.offset + 1, $0.element) }
}

func choose(
  _ count: Int, from drawn: [(number: Int, place: Place)], without dropped: Set<String>
) -> [(number: Int, place: Place)] {
  var chosen: [(number: Int, place: Place)] = []
  for candidate in drawn where chosen.count < count {
    guard !dropped.contains(candidate.place.key),
      !chosen.contains(where: {
        $0.place.overlaps(candidate.place) || $0.place.key == candidate.place.key
      })
    else { continue }
    chosen.append(candidate)
  }
  return chosen
}

func write(_ text: String, to path: String) throws {
  try FileManager.default.createDirectory(
    atPath: URL(filePath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
  try text.write(toFile: path, atomically: true, encoding: .utf8)
}

func run(_ arguments: [String]) throws {
  switch arguments.first {
  case "census" where arguments.count > 2:
    let places = try readPlaces(root: arguments[1], targets: Array(arguments[2...]))
    for (target, of) in Dictionary(grouping: places, by: \.target).sorted(by: { $0.key < $1.key }) {
      let counts = Operator.allCases.map { operation in
        "\(operation.rawValue) \(of.count { $0.operation == operation })"
      }
      print("\(target): \(of.count): \(counts.joined(separator: ", "))")
    }
    print("all: \(places.count)")
  case "draw" where arguments.count > 6:
    guard let count = Int(arguments[3]), let seed = UInt64(arguments[4]) else { exit(64) }
    let (root, copy) = (arguments[1], arguments[2])
    let dropped = Set(
      try String(contentsOfFile: arguments[5], encoding: .utf8).split(separator: "\n").map(
        String.init))
    let places = try readPlaces(root: root, targets: Array(arguments[6...]))
    let drawn = draw(count, seed: seed, from: places)
    let chosen = choose(count, from: drawn, without: dropped)
    for (file, of) in Dictionary(grouping: chosen, by: \.place.file) {
      let source = try String(contentsOfFile: "\(root)/\(file)", encoding: .utf8)
      try write(instrument(source, with: of), to: "\(copy)/\(file)")
    }
    for folder in Set(chosen.map(\.place.folder)) {
      let source = switchSource.replacing("COUNT", with: "\(drawn.count + 1)")
      try write(source, to: "\(copy)/\(folder)/DrawnMutation.swift")
    }
    for (number, place) in chosen {
      print([String(number), place.target, place.shown, place.key].joined(separator: "\t"))
    }
  default:
    FileHandle.standardError.write(Data("usage: drawn-mutants census|draw ...\n".utf8))
    exit(64)
  }
}

try run(Array(CommandLine.arguments.dropFirst()))
