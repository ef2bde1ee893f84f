import SluiceCore
import SluicePorts
import SluiceSystem

/// The managed HAProxy's session log as evidence. Each session counts once, also when the
/// controller or the keeper was away meanwhile.
///
/// The log waits in HAProxy's memory (16 MiB, about 70,000 sessions), and Sluice reads it there. A
/// file keeps the counted sessions. A later controller reads both, and counts by the lines'
/// numbers. A number that stays missing counts as lost.
public struct SessionLog: EvidenceSource {

  let settings: Settings

  struct Settings: Sendable {
    var socket: String
    var unread: String
    var directory: String
    var time: any Time
    var grace: Duration
    var limit: Int64
  }

  /// - Parameters:
  ///   - socket: HAProxy's stats socket (`HAProxyFiles.administration`).
  ///   - unread: Where a stopped HAProxy's last lines were kept (`HAProxyFiles.unread`).
  ///   - directory: Where evidence files are kept, one a promotion.
  ///   - grace: A line that is missing for longer is lost.
  ///   - limit: Bytes of an evidence file, at the most; nil: 256 MiB.
  public init(
    socket: String, unread: String, directory: String, time: any Time,
    grace: Duration = .seconds(2), limit: Int64? = nil
  ) {
    settings = Settings(
      socket: socket, unread: unread, directory: directory, time: time, grace: grace,
      limit: limit ?? EvidenceFile.usualLimit)
  }

  /// One reader a promotion: throws `.refused` while another controller counts it.
  public func batches(
    for promotion: PromotionID
  ) async throws(PortError) -> AsyncStream<EvidenceBatch> {
    let receiver = try await SessionReceiver.open(promotion, settings)
    return AsyncStream(unfolding: { await receiver.next() })
  }
}
