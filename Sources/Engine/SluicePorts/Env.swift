import SluiceCore

/// Everything outside that an engine uses.
public struct Env: Sendable {
  public var time: any Time
  public var hosts: [HostName: any HostClient]
  public var balancer: any Balancer
  public var evidence: any EvidenceSource
  /// The gateways' run logs, if Sluice reads them.
  public var runs: (any EvidenceSource)?
  public var ledger: any LedgerStore
  public var lease: any Lease
  public var archive: any Archive
  public var makeJudge: @Sendable () -> any Judge

  public init(
    time: any Time, hosts: [HostName: any HostClient], balancer: any Balancer,
    evidence: any EvidenceSource, runs: (any EvidenceSource)? = nil, ledger: any LedgerStore,
    lease: any Lease, archive: any Archive, makeJudge: @escaping @Sendable () -> any Judge
  ) {
    self.time = time
    self.hosts = hosts
    self.balancer = balancer
    self.evidence = evidence
    self.runs = runs
    self.ledger = ledger
    self.lease = lease
    self.archive = archive
    self.makeJudge = makeJudge
  }
}
