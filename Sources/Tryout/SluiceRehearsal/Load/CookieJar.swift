import SluiceHTTP

/// Cookies as a browser keeps them: a later value replaces the earlier one.
struct CookieJar: Sendable {
  private var values: [String: String] = [:]

  mutating func keep(_ headers: HTTPHeaders) {
    for line in headers.all("Set-Cookie") {
      let pair = line.prefix { $0 != ";" }
      guard let equals = pair.firstIndex(of: "=") else { continue }
      values[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
    }
  }

  /// As a request carries them; nil when there is none.
  var line: String? {
    values.isEmpty ? nil : values.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
  }
}
