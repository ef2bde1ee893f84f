import SluiceArguments
import Testing

@Suite("The manual page")
struct ManualPageTests {
  private let page = Sample.program.manualPage(date: "2026-11-22")

  @Test("It has the sections that readers look for, every verb, and nothing hidden")
  func sections() {
    for line in [
      ".TH \"SLUICE\" 1 \"2026-11-22\" \"sluice 1.4.2\"", ".SH NAME", ".SH SYNOPSIS",
      ".SH \"PROMOTION\"", ".SS \"sluice promote\"", ".SS \"sluice tenants verify\"",
      "\\fB\\-t\\fR, \\fB\\-\\-ticket\\fR \\fIID\\fR", ".SH EXIT STATUS", ".SH ENVIRONMENT",
      ".SH FILES", ".SH EXAMPLES",
    ] { #expect(page.contains(line), "\(line)") }
    #expect(!page.contains("chaos") && !page.contains("debug"))
  }

  @Test("Text that looks like roff stays text")
  func escapes() {
    #expect(
      page.contains("\n\\&.dotted line, C:\\epath, it\\(aqs \\(dqquoted\\(dq \\(ti \\[u2192]\n"))
    #expect(page.utf8.allSatisfy { $0 == 0x0a || (0x20...0x7e).contains($0) })
  }

  @Test("mandoc has nothing to say about it", .enabled(if: Scratch.has("mandoc")))
  func mandoc() async throws {
    let scratch = try Scratch()
    let file = try scratch.write("sluice.1", page)
    let (output, status) = try await scratch.run("mandoc -Tlint -Wwarning '\(file)'")
    #expect(status == 0)
    #expect(output == "")
  }

  @Test("groff formats it without a warning, as it is meant", .enabled(if: Scratch.has("groff")))
  func groff() async throws {
    let scratch = try Scratch()
    let file = try scratch.write("sluice.1", page)
    let warnings = try await scratch.run("groff -ww -man -Tutf8 '\(file)' >/dev/null")
    #expect(warnings.output == "")
    #expect(warnings.status == 0)
    let text = try await scratch.run("groff -man -Tascii -P-cbou '\(file)'").output
    #expect(text.contains(".dotted line, C:\\path, it's \"quoted\" ~ ->"))
    #expect(text.contains("-t, --ticket ID"))
    #expect(text.contains("sluice promote 7f3a91c2 --ticket OPS-311"))
  }
}
