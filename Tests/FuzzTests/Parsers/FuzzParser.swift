/// A reader of what others write, as fuzzing and its replay call it: any bytes may come, and nothing may
/// happen but that they are read or refused.
struct FuzzParser: Sendable {
  /// The parser's corpus is the directory of this name below `Corpora`.
  let name: String
  /// Of an input that fuzzing makes, in bytes: long enough for every form, and short enough to be quick.
  let maximumBytes: Int
  /// Words of its language, which fuzzing puts into inputs.
  let words: [String]
  /// The frame around a long input, without which the parser would not read it at all.
  let around: (before: String, after: String)
  /// Reads the bytes, and throws `BrokenProperty` where the reader breaks its word.
  let read: @Sendable ([UInt8]) throws -> Void

  init(
    _ name: String, maximumBytes: Int, words: [String] = [],
    around: (before: String, after: String) = ("", ""),
    _ read: @escaping @Sendable ([UInt8]) throws -> Void
  ) {
    self.name = name
    self.maximumBytes = maximumBytes
    self.words = words
    self.around = around
    self.read = read
  }
}

/// A promise of a reader that it did not keep.
struct BrokenProperty: Error, CustomStringConvertible {
  let description: String
}

func require(_ isKept: Bool, _ property: @autoclosure () -> String) throws {
  if !isKept { throw BrokenProperty(description: property()) }
}
