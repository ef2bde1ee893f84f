import SluiceCore
import SluiceCrypto
import SluiceJSON
import SluiceText

@testable import SluiceHost
@testable import SluiceSystem

/// Documents and words that many programs use.
extension FuzzParser {
  static let json = FuzzParser("json", maximumBytes: 512) { bytes in
    guard let value = try? JSONValue.parse(bytes) else { return }
    let written = value.canonicalBytes()
    try require((try? JSONValue.parse(written)) == value, "canonical JSON reads as another value")
    try require(
      (try? JSONValue.parse(Array(value.prettyText().utf8))) == value,
      "JSON for people reads as another value")
    try require(
      (try? JSONValue.parse(written))?.canonicalBytes() == written, "canonical JSON has two forms")
  }

  /// The agent's answer to `/readyz`.
  static let probe = FuzzParser(
    "probe", maximumBytes: 2_048, words: ["\"reasons\":[", "\"level\":\"fail\"", "\"hard\":true"]
  ) { bytes in
    guard let value = try? JSONValue.parse(bytes), let probe = try same(MergedProbe.self, value)
    else { return }
    _ = (probe.hardFailures, probe.provesRelease)
    let watch = Watch.HostWatch(probe)
    for text in [watch.reason, watch.runs, watch.bootID, watch.rollbackFault].compactMap(\.self) {
      try require(text.utf8.count <= Speech.bytes, "a watch quotes \(text.utf8.count) bytes")
    }
  }

  /// Versions, ranges, markers, times, digests.
  static let version = FuzzParser(
    "version", maximumBytes: 96,
    words: [" || ", " - ", ">=", "<=", "^", "~", "x", "*", "-alpha.", "-beta.", "+", "v"]
  ) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    let version = SemanticVersion(text)
    if let version {
      try require(version.description == text, "a version is written as another one")
      try require(!(version < version), "a version comes before itself")
    }
    _ = SemanticVersion(programVersion: text)
    if let range = SemanticRange(text) {
      try require(range.description == text, "a range is written as another one")
      for other in ["0.0.0", "1.2.3", "1.2.3-a.1+b"].compactMap({ SemanticVersion($0) }) {
        _ = range.contains(other)
      }
    }
    if let build = BuildVersion(text) {
      try require(BuildVersion(build.description) == build, "a build reads as another one")
      try require(!(build < build), "a build comes before itself")
    }
    if let milliseconds = Timestamp.milliseconds(text) {
      try require(Timestamp.text(milliseconds) == text, "a time is written as another one")
    }
    if let marker = Marker(description: text) {
      try require(
        Marker(description: marker.description) == marker, "a marker reads as another one")
    }
    if let digest = Digest(text) { try require(digest.text == text, "a digest changes") }
    _ = OperationID(rawValue: text).isLater(than: OperationID(rawValue: "p/1"))
  }

  /// Durations, sizes, addresses, hexadecimal digits, base64, texts for people.
  static let words = FuzzParser(
    "words", maximumBytes: 96,
    words: ["::", "/24", "unix:/", "1h30m", "GiB", "[::1]:80", "\u{1B}["]
  ) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    if let milliseconds = DurationText.milliseconds(text) {
      try require(
        DurationText.milliseconds(DurationText.text(milliseconds: milliseconds)) == milliseconds,
        "a duration reads as another one")
    }
    if let size = ByteCount.bytes(text) { try require(size > 0, "a size is \(size)") }
    if let address = SocketAddress(text) {
      try require(SocketAddress(address.description) == address, "an address reads as another one")
    }
    if let address = NetworkAddress(text) {
      try require([4, 16].contains(address.bytes.count), "an address has no size")
    }
    if let network = Network(text) { try require(network.contains(network.address), "a network") }
    if let decoded = Hexadecimal.decode(text) {
      try require(Hexadecimal.encode(decoded) == text.lowercased(), "digits read as other ones")
    }
    if let decoded = Base64.decode(text) {
      try require(Base64.encode(decoded) == text, "base64 reads as another one")
    }
    try require(Base64.decode(Base64.encode(bytes)) == bytes, "bytes are lost in base64")
    let spoken = Speech.text(text, characters: 20, bytes: 40)
    try require(
      spoken.utf8.count <= 40 && spoken.unicodeScalars.count <= 20, "a speech is too long")
    try require(
      Speech.text(spoken, characters: 20, bytes: 40) == spoken, "a speech is cut again")
    let shown = PrintableText.escaped(text, limit: 20)
    try require(
      shown.unicodeScalars.allSatisfy {
        $0 == "\u{200c}" || $0 == "\u{200d}"
          || ![.control, .format].contains($0.properties.generalCategory)
      }, "a terminal would obey a text")
    let path = SplitPath(text)
    try require(!path.directory.isEmpty, "a path has no directory")
    _ = EditDistance.nearest(to: text, among: ["status", "promote", "rollback"])
  }
}
