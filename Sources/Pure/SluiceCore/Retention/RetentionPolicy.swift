/// How long stored items stay. An item stays while it is younger than the age, or among the newest
/// of its kind, or needed.
public struct RetentionPolicy: Sendable, Hashable, Codable {
  /// Younger items always stay.
  public var ageMilliseconds: Int64
  /// The number of promotions whose evidence, plans and controllers' logs stay; also the number of
  /// torn tails.
  public var promotions: Int
  /// The number of slices that stay on a host.
  public var slices: Int
  /// The number of OpenClaw builds that stay on a host.
  public var builds: Int
  /// The number of copies of OpenClaw's state that stay on a host.
  public var states: Int
  /// The number of operation records that stay on a host. The agent itself keeps at most 400.
  public var operations: Int

  public init(
    ageMilliseconds: Int64 = 30 * 86_400_000, promotions: Int = 20, slices: Int = 5,
    builds: Int = 3, states: Int = 2, operations: Int = 200
  ) {
    self.ageMilliseconds = ageMilliseconds
    self.promotions = promotions
    self.slices = slices
    self.builds = builds
    self.states = states
    self.operations = operations
  }

  /// The number of newest items of a kind that stay whatever their age.
  public func count(of kind: StoredItem.Kind) -> Int {
    switch kind {
    case .evidence, .plan, .controllerLog, .tornTail: promotions
    case .slice: slices
    case .build: builds
    case .stateCopy, .newerState: states
    case .damagedSlice, .buildTrial: 0
    case .operation: operations
    }
  }
}
