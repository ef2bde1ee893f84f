import Foundation

/// A property list of launchd.plist(5), as a parser of property lists reads it: the keys that Sluice's
/// services have.
public struct LaunchdJob: Decodable, Sendable {
  public struct Limits: Decodable, Sendable {
    public var files: Int

    enum CodingKeys: String, CodingKey { case files = "NumberOfFiles" }
  }

  public var label: String
  public var programArguments: [String]
  public var userName: String?
  public var workingDirectory: String
  public var environmentVariables: [String: String]
  public var keepAlive: Bool
  public var runAtLoad: Bool
  public var abandonProcessGroup: Bool
  public var standardErrorPath: String
  public var softLimits: Limits
  public var hardLimits: Limits

  enum CodingKeys: String, CodingKey {
    case label = "Label"
    case programArguments = "ProgramArguments"
    case userName = "UserName"
    case workingDirectory = "WorkingDirectory"
    case environmentVariables = "EnvironmentVariables"
    case keepAlive = "KeepAlive"
    case runAtLoad = "RunAtLoad"
    case abandonProcessGroup = "AbandonProcessGroup"
    case standardErrorPath = "StandardErrorPath"
    case softLimits = "SoftResourceLimits"
    case hardLimits = "HardResourceLimits"
  }

  public static func read(_ text: String) throws -> LaunchdJob {
    try PropertyListDecoder().decode(LaunchdJob.self, from: Data(text.utf8))
  }
}
