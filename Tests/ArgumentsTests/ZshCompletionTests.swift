import SluiceArguments
import Testing

@Suite("Completion in a real zsh", .enabled(if: Scratch.has("zsh")))
struct ZshCompletionTests {
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    _ = try scratch.write("_sluice", Sample.program.completionScript(for: .zsh))
  }

  /// The offers of zsh for a line that ends at the cursor. zsh completes only at a terminal, so
  /// an inner one gets a pseudo terminal, and tells with `compadd`'s own matching what it found.
  private func offered(_ line: String) async throws -> [String] {
    _ = try scratch.write(
      "inner.zsh",
      #"""
      PROMPT=
      fpath=("$PWD" $fpath)
      autoload -Uz compinit
      compinit -u -D
      bindkey '^I' complete-word
      zstyle ':completion:*' list-grouped false
      compprefuncs=(mark)
      comppostfuncs=(mark finish)
      mark() { print -r -- '<<<'; }
      finish() { exit; }
      compadd() {
        if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
          builtin compadd "$@"
          return
        fi
        local -a found
        builtin compadd -A found "$@"
        (( $#found )) && print -rl -- "> "${^found}
        builtin compadd "$@"
      }
      """#)
    _ = try scratch.write(
      "driver.zsh",
      #"""
      zmodload zsh/zpty
      zpty inner zsh -f -i
      zpty -w inner 'source ./inner.zsh; print READY$((1+1))'
      while zpty -r inner text; do [[ $text == *READY2* ]] && break; done
      zpty -n -w inner "$1"$'\t'
      while zpty -r inner text; do
        text=${text%$'\n'}; text=${text%$'\r'}
        [[ $text == '> '* ]] && print -r -- ${text#> }
      done
      """#)
    let quoted = "'" + line.split(separator: "'").joined(separator: "'\\''") + "'"
    let (output, status) = try await scratch.run("HOME=\"$PWD\" zsh -f driver.zsh \(quoted)")
    #expect(status == 0 || status == 1, "\(output)")
    return output.split(separator: "\n").map(String.init)
  }

  @Test("The script is sound zsh")
  func syntax() async throws {
    let (output, status) = try await scratch.run("zsh -n _sluice")
    #expect(status == 0, "\(output)")
    #expect(output == "")
  }

  @Test("Verbs are offered at every level")
  func verbs() async throws {
    #expect(try await offered("sluice p").sorted() == ["plan", "promote"])
    #expect(try await Set(offered("sluice tenants ")) == ["list", "verify", "help"])
    #expect(try await offered("sluice --json t") == ["tenants"])
  }

  @Test("Options and their values are offered")
  func options() async throws {
    #expect(try await offered("sluice promote --mo") == ["--mode"])
    #expect(try await offered("sluice promote --mode q") == ["quick"])
    #expect(try await offered("sluice promote --mode=q") == ["quick"])
    #expect(try await offered("sluice tenants list --reg") == ["--region"])
    #expect(try await offered("sluice promote --cha") == [])
  }

  @Test("Arguments are offered by their place")
  func arguments() async throws {
    #expect(try await offered("sluice completion f") == ["fish"])
    #expect(try await offered("sluice promote p mac-a mac-") == ["mac-a", "mac-b"])
  }
}
