import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("What can be done about a failed call")
struct SystemErrorTests {
  @Test(
    "Each number has the remedy that fits it, and only a full disk asks for space",
    arguments: [
      (ENOSPC, "Free some space"), (EDQUOT, "quota"), (EFBIG, "size of one file"),
      (EMFILE, "too many files open"), (ENFILE, "too many files open"), (EROFS, "read-only"),
      (EACCES, "owner and mode"), (EPERM, "owner and mode"), (EIO, "The disk failed"),
      (ENOMEM, "memory"), (ENAMETOOLONG, "Shorten"), (ELOOP, "symbolic link"),
      (ENOTDIR, "no folder"), (EISDIR, "A folder stands"), (EILSEQ, "UTF-8"),
    ])
  func remedies(_ code: Int32, _ words: String) throws {
    let remedy = try #require(SystemError("write", code: code, path: "/x").remedy)
    #expect(remedy.contains(words))
    #expect(remedy.contains("Free some space") == (code == ENOSPC))
  }

  @Test("A file larger than a reader takes is no full disk")
  func tooLarge() throws {
    let directory = try TemporaryDirectory()
    try Files.create(directory("large"), with: [1, 2, 3], mode: 0o644)
    let error = try #require(throws: SystemError.self) {
      _ = try Files.read(directory("large"), limit: 2)
    }
    #expect(error.code == EFBIG && !error.isOutOfSpace && !error.isOfMachine)
    #expect(error.remedy?.contains("larger than Sluice reads") == true)
    #expect(SystemError("write", code: EFBIG).isOutOfSpace)
  }
}
