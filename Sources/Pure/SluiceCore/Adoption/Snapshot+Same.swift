extension Snapshot {
  /// Whether both describe one state of the fleet. Evidence digests and the numbers of the weights
  /// change from hour to hour, and do not count.
  public func isSameState(as other: Snapshot) -> Bool {
    release == other.release && weights.dealsLike(other.weights)
      && Set(hosts.keys) == Set(other.hosts.keys)
      && hosts.allSatisfy { name, host in
        guard let other = other.hosts[name] else { return false }
        return host.marker == other.marker && host.links == other.links
          && host.fingerprint == other.fingerprint && host.openclaw == other.openclaw
          && host.buildLink == other.buildLink
      }
  }
}
