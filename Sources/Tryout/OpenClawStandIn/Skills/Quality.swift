import SluiceSystem

struct QualityError: Error { let reason: String }

/// How good a release is: `quality.json` at the root of its slice. The real gateway has no such
/// file; there the skills themselves make sessions slow or fail.
struct Quality: Sendable, Equatable {
  /// Milliseconds.
  var median = 40.0
  /// Of the logarithm of the latency.
  var sigma = 0.35
  /// 0...1.
  var errorRate = 0.0
  /// Sessions that are answered with a status of their own, before any run: `answer.status`, 400 to 599,
  /// and `answer.rate`, 0...1.
  var answer: (status: Int, rate: Double)? {
    answerStatus.map { ($0, answerRate) }
  }
  private var answerStatus: Int?
  private var answerRate = 1.0
  /// In place of the configuration's.
  var token: String?
  /// Whether clients' sessions are served over HTTP.
  var servesInterface = true
  /// As Doctor reports them; they are handed on as they are.
  var doctorFindings: [JSON] = []

  /// Without a file a release is as good as the defaults.
  static func read(_ path: String) throws(QualityError) -> Quality {
    let bytes: [UInt8]
    do {
      bytes = try Files.read(path, limit: 1 << 20)
    } catch {
      if error.isMissing { return Quality() }
      throw QualityError(reason: "\(error)")
    }
    guard let json = JSON.parse(bytes) else { throw QualityError(reason: "is not JSON") }
    var quality = Quality()
    quality.median = try number(json, "latencyMs.p50", 0...3_600_000) ?? quality.median
    quality.sigma = try number(json, "latencyMs.sigma", 0...5) ?? quality.sigma
    quality.errorRate = try number(json, "errorRate", 0...1) ?? quality.errorRate
    quality.answerStatus = try number(json, "answer.status", 400...599).map { Int($0) }
    quality.answerRate = try number(json, "answer.rate", 0...1) ?? quality.answerRate
    quality.token = json["token"]?.text
    quality.servesInterface = json["servesInterface"]?.flag ?? true
    quality.doctorFindings = json["doctorFindings"]?.items ?? []
    return quality
  }

  private static func number(
    _ json: JSON, _ path: String, _ range: ClosedRange<Double>
  ) throws(QualityError) -> Double? {
    guard let value = json.at(path) else { return nil }
    guard let number = value.number, range.contains(number) else {
      throw QualityError(reason: "\(path) is no number in \(range)")
    }
    return number
  }
}
