extension FuzzParser {
  /// Every one; `scripts/fuzz` runs them in this order.
  static let all: [FuzzParser] = [
    linkFrame, linkRequest, linkReply, nodeReport, authorizedKey,
    probe, openclawCommand, openclawHTTP, openclawFrame, openclawToken, programText,
    sessionLog, evidenceFile, runLedgerFile,
    ledgerLine, ledgerFile, replay, plan, stateFile,
    json, yaml, fleet, frontMatter, tenantFragment, lock, skillManifest, packNames, environmentFile,
    haproxyReply, haproxyFile, httpHead, httpTarget, webSocket,
    firstLook, installSight, hostKeys, serviceText, gitText, processStat, version, words,
  ]
}
