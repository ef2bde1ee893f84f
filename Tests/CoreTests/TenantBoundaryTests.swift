import SluiceCore
import Testing

@Suite("The merge of a tenant's fragments")
struct TenantBoundaryTests {
  private typealias Line = TenantFragment.Line

  @Test("lists grow, single values are replaced, and every value keeps its file and line")
  func merge() {
    let base = TenantFragment(
      path: "gateway.d/10-base.yaml", tools: [.init("exec", line: 1), .init("web", line: 2)],
      diskQuota: .init(5, line: 3), slice: .init(.current, line: 4))
    let more = TenantFragment(
      path: "skills.d/10-canary.yaml", tools: [.init("web", line: 1), .init("fs", line: 2)],
      models: [.init("m", line: 7)], slice: .init(.next, line: 9))
    let boundary = TenantBoundary(merging: [base, more])
    #expect(
      boundary.tools == [
        .init("exec", path: base.path, line: 1), .init("web", path: base.path, line: 2),
        .init("fs", path: more.path, line: 2),
      ])
    #expect(boundary.models == [.init("m", path: more.path, line: 7)])
    #expect(boundary.diskQuota == .init(5, path: base.path, line: 3))
    #expect(boundary.declaredSlice == .init(.next, path: more.path, line: 9))
    #expect(TenantBoundary(merging: [more, base]).slice == .current)
    #expect(TenantBoundary().slice == .current && TenantBoundary().declaredSlice == nil)
  }

  @Test("merging in two parts is merging at once")
  func associative() {
    let all = (0..<6).map { number in
      TenantFragment(
        path: "skills.d/1\(number)-a.yaml",
        tools: (0...number).map { Line("tool-\($0 * number % 4)", line: $0 + 1) },
        diskQuota: number.isMultiple(of: 2) ? Line(Int64(number), line: 1) : nil,
        slice: number == 3 ? Line(.next, line: 2) : nil)
    }
    for cut in 0...all.count {
      let first = TenantBoundary(merging: Array(all[..<cut]))
      let whole = TenantBoundary(merging: all)
      #expect(whole.tools.starts(with: first.tools))
      #expect(whole.slice == (cut <= 6 ? .next : .current))
      #expect(Set(whole.tools.map(\.value)).count == whole.tools.count)
    }
  }

  @Test("a difference names tenant and path, and which side lacks the file")
  func differences() {
    let (one, two) = (Digest(of: [1]), Digest(of: [2]))
    let wanted = ["acme": ["skills.d/10-a.yaml": one, "skills.d/20-b.yaml": one], "beta": [:]]
    let found = ["acme": ["skills.d/10-a.yaml": two, "skills.d/30-c.yaml": two]]
    let differences = FragmentDifference.between(wanted: wanted, found: found)
    #expect(
      differences.map { $0.words(than: "mac-a") } == [
        "acme/skills.d/10-a.yaml is \(two.short), on mac-a \(one.short)",
        "acme/skills.d/20-b.yaml is missing",
        "acme/skills.d/30-c.yaml (\(two.short)) is not on mac-a",
      ])
    #expect(FragmentDifference.between(wanted: wanted, found: found, tenant: "beta").isEmpty)
    #expect(FragmentDifference.between(wanted: wanted, found: wanted).isEmpty)
  }
}
