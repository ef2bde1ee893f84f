import Testing

@testable import SluiceHost

@Suite("What a repository's configuration may tell git")
struct GitSettingsTests {
  /// - Parameter settings: key and value with a line feed between them, as `git config --list --null`
  ///   has them.
  private func read(_ settings: [String], objectFormat: String = "sha1") -> GitSettings {
    GitSettings(
      listed: Array(settings.map { $0 + "\0" }.joined().utf8), objectFormat: objectFormat)
  }

  @Test("line endings, names and the way to a remote are passed on; what names a program is not")
  func passedOn() {
    let settings = read([
      "core.autocrlf\ninput", "core.pager\nless", "http.proxy\nhttp://p:1", "core.filemode",
      "http.https://a.test/.extraheader\nA: b\nc", "core.fsmonitor\nevil", "http.sslcertpasswd\nx",
      "user.proxy\nx",
    ])
    #expect(
      settings.environment == [
        "GIT_CONFIG_COUNT": "4", "GIT_CONFIG_KEY_0": "core.autocrlf", "GIT_CONFIG_VALUE_0": "input",
        "GIT_CONFIG_KEY_1": "http.proxy", "GIT_CONFIG_VALUE_1": "http://p:1",
        "GIT_CONFIG_KEY_2": "core.filemode", "GIT_CONFIG_VALUE_2": "true",
        "GIT_CONFIG_KEY_3": "http.https://a.test/.extraheader", "GIT_CONFIG_VALUE_3": "A: b\nc",
      ])
    #expect(settings.remotePrograms.isEmpty && !settings.isPartialClone)
  }

  @Test("a key without a value is true, and one with an empty value has an empty one")
  func empty() {
    let values = read(["http.proxy\n", "core.filemode"]).pairs.map(\.value)
    #expect(values == ["", "true"])
  }

  @Test(
    "a program for the way to a remote is known by its key, for the words of a fetch that fails",
    arguments: [
      "core.sshcommand", "core.gitproxy", "core.askpass", "credential.helper",
      "credential.https://a.test.helper", "remote.origin.uploadpack", "remote.origin.vcs",
    ])
  func programs(_ key: String) {
    #expect(read(["\(key)\nx", "\(key)\ny"]).remotePrograms == [key])
    #expect(read(["\(key)\n"]).remotePrograms.isEmpty, "an empty one takes it back")
  }

  @Test(
    "no other key is one of them",
    arguments: ["remote.origin.url", "remote.origin.receivepack", "branch.x.vcs", "alias.helper"])
  func noPrograms(_ key: String) { #expect(read(["\(key)\nx"]).remotePrograms.isEmpty) }

  @Test("a clone that leaves objects at its remote is known by either key")
  func partial() {
    #expect(read(["extensions.partialclone\norigin"]).isPartialClone)
    #expect(read(["remote.origin.promisor\ntrue"]).isPartialClone)
    #expect(!read(["branch.main.promisor\ntrue"]).isPartialClone)
  }

  @Test(
    "how objects and refs are kept is the only thing that the file says, and only where it must")
  func file() {
    let plain = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
    #expect(read([]).file == plain)
    #expect(read(["extensions.refstorage\nfiles"]).file == plain)
    #expect(read(["extensions.refstorage\nodd"]).file == plain)
    let start = "[core]\n\trepositoryformatversion = 1\n\tbare = false\n[extensions]\n"
    #expect(
      read(["extensions.refstorage\nreftable"]).file
        == start + "\tobjectFormat = sha1\n\trefStorage = reftable\n")
    #expect(read([], objectFormat: "sha256").file == start + "\tobjectFormat = sha256\n")
  }
}
