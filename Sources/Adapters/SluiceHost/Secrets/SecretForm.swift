import SluiceFoundation
import SluiceYAML

/// The form of a secret's file by its extension, and whether its bytes have that form. An answer
/// names at most a line number, and never a byte of the secret.
enum SecretForm {
  case json, yaml

  /// Nil for a file of no known form.
  init?(name: String) {
    if name.hasSuffix(".json") {
      self = .json
    } else if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
      self = .yaml
    } else {
      return nil
    }
  }

  /// Nil when the bytes parse.
  func fault(in bytes: [UInt8]) -> String? {
    switch self {
    case .json:
      let parses = (try? JSONDecoder().decode(AnyJSON.self, from: Data(bytes))) != nil
      return parses ? nil : "is no JSON"
    case .yaml:
      do throws(YAMLError) {
        _ = try YAMLReader.read(
          bytes, file: "", limits: .init(fileBytes: bytes.count, scalarBytes: bytes.count))
        return nil
      } catch { return "is no plain YAML from line \(error.position.line) on" }
    }
  }
}

/// Reads every value of a document and keeps none.
private struct AnyJSON: Decodable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    if let members = try? decoder.container(keyedBy: Key.self) {
      for key in members.allKeys { _ = try members.decode(AnyJSON.self, forKey: key) }
    } else if var items = try? decoder.unkeyedContainer() {
      while !items.isAtEnd { _ = try items.decode(AnyJSON.self) }
    } else {
      let value = try decoder.singleValueContainer()
      if value.decodeNil() || (try? value.decode(Bool.self)) != nil
        || (try? value.decode(Double.self)) != nil
      {
        return
      }
      _ = try value.decode(String.self)
    }
  }
}
