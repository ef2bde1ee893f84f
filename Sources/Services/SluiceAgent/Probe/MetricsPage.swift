/// Writes metric families (Prometheus text format 0.0.4).
public struct MetricsPage: Sendable {
  public private(set) var text = ""

  public init() {}

  public typealias Sample = (labels: [String: String], value: Int64)

  public mutating func gauge(_ name: String, _ help: String, _ samples: [Sample]) {
    family(name, "gauge", help, samples)
  }

  public mutating func counter(_ name: String, _ help: String, _ samples: [Sample]) {
    family(name, "counter", help, samples)
  }

  private mutating func family(
    _ name: String, _ kind: String, _ help: String, _ samples: [Sample]
  ) {
    guard !samples.isEmpty else { return }
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
    for sample in samples {
      let labels = sample.labels.sorted { $0.key < $1.key }.map {
        "\($0.key)=\"\(Self.escaped($0.value))\""
      }
      text += labels.isEmpty ? name : "\(name){\(labels.joined(separator: ","))}"
      text += " \(sample.value)\n"
    }
  }

  /// Only these three characters are special in a label's value.
  private static func escaped(_ value: String) -> String {
    var escaped = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\"": escaped += "\\\""
      case "\n": escaped += "\\n"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
