import Foundation
import SluiceCore
import Testing

@Suite("What the rollback rests on")
struct RollbackBasisTests {
  private func way(_ edit: (inout RollbackBasis) -> Void) -> RollbackBasis {
    var way = RollbackBasis(tag: "v1.4.1", version: "1.4.1")
    edit(&way)
    return way
  }

  private func sentence(_ way: RollbackBasis) -> String? {
    way.sentence(on: HostName("mac-b"), infra: "/i")
  }

  @Test("a rollback that is whole says nothing")
  func whole() { #expect(sentence(way { _ in }) == nil && !way { _ in }.isBroken) }

  @Test("a slice that can be placed again, or a tag alone, is told and breaks nothing")
  func mended() {
    let slice = way { $0.slice = "slice 1.4.1 is missing" }
    #expect(!slice.isBroken && sentence(slice)?.contains("places slice 1.4.1 again") == true)
    let tag = way { $0.checkout = "the tag v1.4.1 is gone from /i" }
    #expect(!tag.isBroken)
    #expect(sentence(tag)?.hasSuffix("git -C /i fetch origin tag v1.4.1") == true)
  }

  @Test("without slice and commit, without build or without copy it is broken, with a remedy")
  func broken() {
    let faults = [
      way {
        $0.slice = "gone"
        $0.checkout = "gone too"
      }, way { $0.build = "Install it:  npm install" }, way { $0.copy = "it is gone" },
    ]
    for fault in faults {
      #expect(fault.isBroken)
      #expect(sentence(fault)?.hasPrefix("mac-b cannot go back to v1.4.1: ") == true)
      #expect(sentence(fault)?.contains("\n") == false)
    }
    #expect(sentence(faults[0])?.contains("fetch origin tag v1.4.1") == true)
    #expect(sentence(faults[2])?.contains("backup") == true)
  }

  @Test("a commit is fetched as one, and every tag as a tag, however long")
  func fetched() {
    func fetch(_ tag: String) -> String? {
      let way = RollbackBasis(tag: tag, version: "1.4.1", checkout: "it is gone")
      return sentence(way)?.components(after: "fetch origin ")
    }
    let commit = String(repeating: "0123456789abcdef0123", count: 2)
    #expect(fetch(commit) == commit)
    let short = String(commit.dropLast())
    #expect(fetch(short) == "tag \(short)" && fetch(commit + "0") == "tag \(commit)0")
  }
}

extension String {
  fileprivate func components(after mark: String) -> String? {
    range(of: mark).map { String(self[$0.upperBound...]) }
  }
}
