/// How much a reader should mind what is said. A face makes a colour of it.
public enum Severity: String, Sendable, Hashable, Codable, CaseIterable {
  case plain, good, warning, bad
}
