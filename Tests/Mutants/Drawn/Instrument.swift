/// Puts the switches of all chosen places of one file into its text.
func instrument(_ source: String, with chosen: [(number: Int, place: Place)]) -> String {
  // An outer switch opens before an inner one and closes after it. `!SWITCH, ` stands in a list of
  // conditions, so it opens before whatever stands around the first of them.
  let ordered = chosen.sorted {
    let (left, right) = ($0.place, $1.place)
    if left.range.lowerBound != right.range.lowerBound {
      return left.range.lowerBound < right.range.lowerBound
    }
    if left.range.upperBound != right.range.upperBound {
      return left.range.upperBound > right.range.upperBound
    }
    if left.after.isEmpty != right.after.isEmpty { return left.after.isEmpty }
    return $0.number < $1.number
  }
  var opening: [Int: String] = [:]
  var closing: [Int: String] = [:]
  for (number, place) in ordered {
    let name = "DrawnMutation.on(\(number))"
    opening[place.range.lowerBound, default: ""] += place.before.replacing("SWITCH", with: name)
    let end = place.after.replacing("SWITCH", with: name)
    closing[place.range.upperBound, default: ""] =
      end + closing[place.range.upperBound, default: ""]
  }
  let bytes = Array(source.utf8)
  var result: [UInt8] = []
  for offset in 0...bytes.count {
    result += Array(closing[offset, default: ""].utf8)
    result += Array(opening[offset, default: ""].utf8)
    if offset < bytes.count { result.append(bytes[offset]) }
  }
  return String(decoding: result, as: UTF8.self)
}

/// One in every instrumented target. It is public for the sake of default arguments of public
/// functions; within a module its own comes before that of another.
let switchSource = """
  #if canImport(Darwin)
    import Darwin
  #else
    import Glibc
  #endif

  public enum DrawnMutation {
    static let active = getenv("SLUICE_MUTANT").flatMap { Int(String(cString: $0)) } ?? 0
    static let record = getenv("SLUICE_MUTANTS_REACHED").map { String(cString: $0) }
    nonisolated(unsafe) static let isReached = {
      let all = UnsafeMutablePointer<Bool>.allocate(capacity: COUNT)
      all.initialize(repeating: false, count: COUNT)
      return all
    }()

    public static func on(_ number: Int) -> Bool {
      if let record, !isReached[number] {
        isReached[number] = true
        let line = Array("\\(number)\\n".utf8)
        let file = open(record, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        if file >= 0 {
          _ = write(file, line, line.count)
          close(file)
        }
      }
      return active == number
    }
  }

  """
