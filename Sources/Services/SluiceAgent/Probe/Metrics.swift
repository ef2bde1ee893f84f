import SluiceCore
import SluicePorts
import SluiceSystem

/// The agent's metrics for Prometheus (text format 0.0.4).
struct Metrics: Sendable {
  let host: HostName
  let probe: MergedProbe
  let counters: AgentCounters.Values

  var text: String {
    var page = MetricsPage()
    status(&page)
    release(&page)
    parts(&page)
    agent(&page)
    return page.text
  }

  private func status(_ page: inout MetricsPage) {
    page.gauge(
      "sluice_probe_status", "1 for the merged probe's status, 0 for the others.",
      [MergedProbe.Status.ok, .degraded, .fail].map { status in
        (["status": status.rawValue], status == probe.status ? 1 : 0)
      })
    page.gauge(
      "sluice_probe_age_milliseconds", "Since the probe was taken.",
      [([:], probe.ageMilliseconds)])
    var reasons: [String: Int64] = [:]
    for reason in probe.reasons { reasons[reason.check, default: 0] += 1 }
    page.gauge(
      "sluice_probe_reasons", "Why the probe is not ok, by check.",
      reasons.sorted { $0.key < $1.key }.map { (["check": $0.key], $0.value) })
  }

  private func release(_ page: inout MetricsPage) {
    page.gauge(
      "sluice_release_info", "The release that the host is held to, and what its process reports.",
      [
        (
          [
            "host": host.rawValue, "tag": probe.release.tag ?? "",
            "lock_sha256": probe.release.lockDigest?.text ?? "",
            "skills_locked": probe.skills.locked ?? "",
            "skills_running": probe.skills.version ?? "",
            "openclaw_running": probe.openclaw.version ?? "",
          ], 1
        )
      ])
    page.gauge(
      "sluice_slice_sound", "Whether the slice that current names hashes to the lock.",
      [([:], probe.skills.treeIsSound ? 1 : 0)])
  }

  private func parts(_ page: inout MetricsPage) {
    if let depth = probe.queues.depth {
      page.gauge(
        "sluice_gateway_queue_depth", "Operations that wait in all lanes.", [([:], Int64(depth))])
    }
    page.gauge(
      "sluice_gateway_queue_limit", "Operations that may wait.", [([:], Int64(probe.queues.limit))])
    let tenants = probe.doctor.sorted { $0.key < $1.key }
    page.gauge(
      "sluice_doctor_findings", "Doctor's warnings and errors.",
      tenants.map { (["tenant": $0.key], Int64($0.value.findings)) })
    page.gauge(
      "sluice_doctor_findings_new", "Those that were not accepted.",
      tenants.map { (["tenant": $0.key], Int64($0.value.findings - $0.value.accepted)) })
    page.gauge(
      "sluice_webhook_digest_rows", "Rows of the webhook digest.",
      [(["status": probe.digest.status.rawValue], Int64(probe.digest.rows))])
  }

  private func agent(_ page: inout MetricsPage) {
    page.counter(
      "sluice_probe_refreshes_total", "Merged probes taken since the agent started.",
      [([:], Int64(counters.refreshes))])
    page.counter(
      "sluice_gateway_retries_total", "Times that a run's model had to be asked again.",
      [([:], Int64(counters.retries))])
    page.counter(
      "sluice_doctor_runs_total", "Runs of Doctor, by whether it answered.",
      counters.doctorRuns.sorted { !$0.key && $1.key }.map {
        (["answered": String($0.key)], Int64($0.value))
      })
    page.counter(
      "sluice_node_operations_total", "Moving operations of the writer, by their result.",
      counters.operations.sorted { $0.key < $1.key }.map {
        (["operation": $0.key.name, "result": $0.key.result], Int64($0.value))
      })
    page.gauge("sluice_agent_epoch", "The highest epoch of a writer seen.", [([:], counters.epoch)])
    page.gauge(
      "process_resident_memory_bytes", "Resident memory of the agent.",
      [([:], HostFacts.residentBytes)])
  }
}
