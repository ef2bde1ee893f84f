import SluiceYAML
import Testing

@Suite("Limits of what is read")
struct LimitTests {
  private let large = YAMLReader.Limits(fileBytes: 1 << 24, scalarBytes: 1 << 23)

  @Test("An alias bomb is refused at its first anchor, before anything grows")
  func aliasBomb() throws {
    let bomb = """
      a: &a ["lol", "lol", "lol", "lol", "lol", "lol", "lol", "lol", "lol"]
      b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
      c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
      """
    let error = try #require(refusal(of: bomb))
    #expect(error.message == "an anchor (&a) stands here")
    #expect(error.position == YAMLPosition(line: 1, column: 4))
  }

  @Test("A hundred thousand brackets stop at the depth cap, on one line or on many")
  func brackets() throws {
    for opening in ["[", "[\n", "{a: ", "- ", "[\n\n"] {
      let error = try #require(
        refusal(of: String(repeating: opening, count: 100_000), limits: large))
      #expect(error.message == "lists and mappings are nested deeper than 32", "\(error)")
    }
    let open = String(repeating: "[", count: 100_000)
    #expect(refusal(of: open)?.message == "the file has 100000 bytes, 65536 are allowed")
  }

  @Test("The depth that is allowed reads, one more does not")
  func depth() {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(refusal(of: nested(32)) == nil)
    #expect(refusal(of: nested(33))?.position == YAMLPosition(line: 1, column: 33))
    let side = (0..<100).map { _ in nested(31) }.joined(separator: ",")
    #expect(refusal(of: "[\(side)]") == nil)
  }

  @Test("The size that is allowed reads, one byte more does not")
  func size() {
    let file = "a: 1\n#" + String(repeating: "x", count: 65_536 - 6)
    #expect(refusal(of: file) == nil)
    #expect(refusal(of: file + "x")?.message == "the file has 65537 bytes, 65536 are allowed")
  }

  @Test("A scalar is allowed up to its limit, as value and as key")
  func scalars() {
    let fits = String(repeating: "x", count: 16_384)
    #expect(refusal(of: "a: \(fits)") == nil)
    #expect(refusal(of: "a: \(fits)x")?.message == "a value has 16385 bytes, 16384 are allowed")
    #expect(refusal(of: "a: |\n  \(fits)x\n")?.position == YAMLPosition(line: 1, column: 4))
    #expect(refusal(of: "? \(fits)x\n: 1")?.message.contains("16385") == true)
  }

  @Test("Damaged files are read or refused inside the file, and never stop the program")
  func damaged() {
    let whole = Array(
      """
      balancer: {kind: haproxy, "socket": '/run/h.sock'}
      ramp: [5%, 20%, 40%]
      gateways:
        - name: mac-a # canary
          roles: |
            a
            b
        - &x !t {name: é, <<: *x}
      """.utf8)
    var state: UInt64 = 42
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let odd: [UInt8] = Array("[]{}:,-?!&*|>'\"%@`#\n\r\t \\".utf8) + [0, 0x7f, 0xc3, 0xff, 0xef]
    var refused = 0
    for _ in 0..<20_000 {
      var bytes = whole
      for _ in 0...next(4) {
        let place = next(bytes.count)
        switch next(4) {
        case 0: bytes[place] = odd[next(odd.count)]
        case 1: bytes.insert(odd[next(odd.count)], at: place)
        case 2: bytes.remove(at: place)
        default: bytes.removeSubrange(place..<min(bytes.count, place + 1 + next(30)))
        }
        if bytes.isEmpty { bytes = whole }
      }
      guard let error = refusal(of: bytes) else { continue }
      refused += 1
      let lines = bytes.count { $0 == 0x0a || $0 == 0x0d } + 1
      #expect((1...lines).contains(error.position.line), "\(error)\n\(bytes)")
      #expect((1...(bytes.count + 1)).contains(error.position.column), "\(error)\n\(bytes)")
    }
    #expect(refused > 10_000)
  }
}
