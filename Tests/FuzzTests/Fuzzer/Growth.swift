import SluiceSystem

/// Whether a parser's time grows faster than its input: pieces of its corpus, repeated to a size and to
/// eight times that.
struct Growth {
  let parser: FuzzParser

  private static let small = 32 << 10
  private static let factor = 8
  /// A parser whose time grows with the square takes 64 times as long.
  private static let allowed = 20.0
  /// Seconds; what takes less is no hang, and is measured badly.
  private static let negligible = 0.2

  /// Pieces that take too long, each told once; at most a few of every file are tried.
  func findings(_ inputs: [[UInt8]]) -> [String] {
    var pieces: [[UInt8]] = parser.words.map { Array($0.utf8) }
    for byte in Array("[{(\"'-:,\\ \n\t&*!|>#=;/.%<0aé".utf8) + [0, 0x1B, 0x80, 0xFF] {
      pieces.append([byte])
    }
    for input in inputs where !input.isEmpty {
      pieces.append(input)
      for count in [2, 3, 8] where input.count > count {
        let start = (input.count - count) / 2
        pieces.append(Array(input[start..<start + count]))
      }
    }
    var found: [String] = []
    var seen: Set<[UInt8]> = []
    for piece in pieces where seen.insert(piece).inserted {
      // The beginning of a corpus entry may be needed before anything is read at all.
      for head in [Array(parser.around.before.utf8), inputs.first ?? []] {
        let few = seconds(head, piece, Self.small)
        let many = seconds(head, piece, Self.small * Self.factor)
        guard many > Self.negligible, many > few * Self.allowed else { continue }
        let shown = String(decoding: piece.prefix(40), as: UTF8.self).debugDescription
        found.append(
          "\(parser.name): \(shown) repeated to \(Self.small) bytes takes \(few) s, to "
            + "\(Self.factor) times that \(many) s")
      }
    }
    return found
  }

  private func seconds(_ head: [UInt8], _ piece: [UInt8], _ size: Int) -> Double {
    var bytes = head
    bytes.reserveCapacity(size + piece.count)
    while bytes.count < size { bytes += piece }
    bytes += parser.around.after.utf8
    let began = processorSeconds()
    try? parser.read(bytes)
    return processorSeconds() - began
  }

  private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// The files of a directory; none when it cannot be read.
func contents(of directory: String) -> [[UInt8]] {
  guard let open = opendir(directory) else { return [] }
  defer { closedir(open) }
  var names: [String] = []
  while let entry = readdir(open) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if !name.hasPrefix(".") { names.append(name) }
  }
  return names.sorted().compactMap { name in
    guard let file = fopen("\(directory)/\(name)", "rb") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    return Array(bytes.prefix(count))
  }
}
