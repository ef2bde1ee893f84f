import SluiceCore
import SluicePorts
import SluiceSystem

extension SessionLog: SessionLogReading {
  public func held() async throws(PortError) -> [SessionRecord] {
    guard let run = await RingConnection.run(socket: settings.socket) else {
      throw PortError(
        .unreachable, "the session log does not answer", remedy: "See:  sluice balancer status")
    }
    var reader = SessionLogReader()
    let now = settings.time.now().monotonicMilliseconds
    // The lines of a HAProxy that stopped come first.
    let stopped = reader.take((try? Files.read(settings.unread)) ?? [], now: now).entries
    reader.restart(run: run)
    let ring = await RingConnection.contents(socket: settings.socket)
    return (stopped + reader.take(ring, now: now).entries).map(\.session)
  }
}
