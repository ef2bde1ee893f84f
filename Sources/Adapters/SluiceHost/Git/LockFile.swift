import SluiceCore
import SluiceJSON
import SluicePorts

/// `openclaw.lock` as bytes.
public enum LockFile {
  public static let name = "openclaw.lock"
  public static let maximumBytes = 1 << 20

  /// - Parameter file: the name for messages.
  /// - Throws: `.refused`, naming the file and the field.
  public static func decode(_ bytes: [UInt8], file: String) throws(PortError) -> ReleaseLock {
    let lock: ReleaseLock
    do {
      let value = try JSONValue.parse(bytes)
      guard value["schema"]?.text == ReleaseLock.schemaName else {
        throw refusal(file, "schema: it has to be \"\(ReleaseLock.schemaName)\"")
      }
      lock = try CanonicalJSON.decode(ReleaseLock.self, from: value)
    } catch let error as PortError {
      throw error
    } catch let error as JSONError {
      let place = error.place(in: bytes)
      throw refusal("\(file):\(place.line):\(place.column)", error.message)
    } catch let error as DecodingError {
      throw refusal(file, error.brief)
    } catch { throw refusal(file, "\(error)") }
    if let fault = fault(in: lock) { throw refusal(file, fault) }
    return lock
  }

  /// Sorted keys, two spaces, one line feed at the end: the same lock always gives the same bytes.
  public static func encode(_ lock: ReleaseLock) throws(PortError) -> [UInt8] {
    if let fault = fault(in: lock) { throw refusal(name, fault) }
    do { return Array((try CanonicalJSON.encode(lock).prettyText() + "\n").utf8) } catch {
      throw refusal(name, "\(error)")
    }
  }

  private static func fault(in lock: ReleaseLock) -> String? {
    if BuildVersion(lock.openclaw.version) == nil {
      return "openclaw.version: \"\(lock.openclaw.version)\" is no OpenClaw version"
    }
    if SemanticVersion(lock.skills.version)?.isSafeDirectoryName != true {
      return "skills.version: \"\(lock.skills.version)\" is no SemVer without build metadata"
    }
    if let tenant = lock.tenants.keys.sorted().first(where: { !HostName.isValid($0) }) {
      return "tenants: \"\(tenant)\" is no tenant's name"
    }
    if lock.probe.schema != "sluice.probe/1" {
      return "probe.schema: it has to be \"sluice.probe/1\""
    }
    return nil
  }

  private static func refusal(_ file: String, _ fault: String) -> PortError {
    PortError(
      .refused, "\(file): \(fault)",
      remedy: "Write the lock by \"sluice lock\", not by hand, and commit what it wrote.")
  }
}
