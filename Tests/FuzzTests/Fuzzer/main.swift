import SluiceSystem

// libFuzzer's driver, with the parser that SLUICE_FUZZ_PARSER names.

@_silgen_name("LLVMFuzzerRunDriver")
func runFuzzer(
  _ argc: UnsafeMutablePointer<Int32>,
  _ argv: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// libFuzzer's callback carries no context.
enum Chosen {
  static let parser: FuzzParser = {
    let name = getenv("SLUICE_FUZZ_PARSER").map { String(cString: $0) } ?? ""
    guard let parser = FuzzParser.all.first(where: { $0.name == name }) else {
      say("sluice-fuzz: there is no parser \"\(name)\"")
      exit(64)
    }
    return parser
  }()
}

/// libFuzzer's own `main`, which is linked and not used, names it so.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  do { try Chosen.parser.read(Array(UnsafeBufferPointer(start: start, count: count))) } catch {
    say("sluice-fuzz: \(Chosen.parser.name): \(error)")
    abort()
  }
  return 0
}

func say(_ text: String) {
  _ = Array((text + "\n").utf8).withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

/// As a dictionary of libFuzzer's has it.
func escaped(_ word: String) -> String {
  word.utf8.map { byte in
    let digits = String(byte, radix: 16)
    return "\\x" + (digits.utf8.count < 2 ? "0" : "") + digits
  }.joined()
}

let arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "--list":
  for parser in FuzzParser.all { print(parser.name, parser.maximumBytes) }
case "--words":
  for word in Chosen.parser.words { print("\"\(escaped(word))\"") }
case "--growth" where arguments.count == 2:
  let findings = Growth(parser: Chosen.parser).findings(contents(of: arguments[1]))
  for finding in findings { print(finding) }
  if findings.isEmpty { print("\(Chosen.parser.name): its time grows with its input") }
  exit(findings.isEmpty ? 0 : 1)
default:
  var argc = CommandLine.argc
  var argv = CommandLine.unsafeArgv
  exit(runFuzzer(&argc, &argv, testOneInput))
}
