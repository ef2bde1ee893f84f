/// The description of a fleet of three hosts, everything of it in one directory.
enum ThreeHosts {
  static let names = ["mac-a", "mac-b", "mac-c"]

  static func text(in directory: String) -> String {
    func host(_ name: String, _ arm: String, _ port: Int) -> String {
      """
        - name: \(name)
          arm: \(arm)
          socket: \(directory)/\(name).sock
          gateway: 127.0.0.1:\(port)
          probe: 127.0.0.1:\(port + 10)
          openclaw:
            cli: /bin/true
            token_file: \(directory)/token
            service: {systemd: {unit: openclaw}}
      """
    }
    return """
      fleet: test
      writer: {infra: \(directory)/infra, ledger: \(directory)/promotions.jsonl, state: \(directory)/state}
      hosts:
      \(host("mac-a", "canary", 1))
      \(host("mac-b", "stable", 2))
      \(host("mac-c", "stable", 3))
      balancer: {kind: managed, bind: "127.0.0.1:4", directory: \(directory)/haproxy}
      ramp:
        - {share: 5%, hold: 1m}
        - {share: 20%, hold: 1m}

      """
  }
}
