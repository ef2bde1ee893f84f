import SluiceCore
import SluiceHTTP
import SluicePorts

/// What the HTTP probes say: to an unknown path OpenClaw answers 200 with a page, so that only a body
/// that parses is an answer.
extension OpenClawGateway {
  private struct Startup: Decodable {
    let status: String
    let pendingReason: String?
    /// Milliseconds; only for a caller on loopback or with the token.
    let uptimeMs: Int64?
  }

  private struct Ready: Decodable {
    let ready: Bool
    /// Only for a caller on loopback or with the token.
    let failing: [String]?
  }

  private struct ErrorBody: Decodable {
    struct Fault: Decodable {
      let type: String?
      let message: String?
    }
    let error: Fault
  }

  public func readiness() async -> GatewayReadiness {
    let startup: HTTPResponse
    do throws(HTTPError) { startup = try await probe("/startupz") } catch {
      return .down(error.description.shown)
    }
    // 2026.7 and older do not know it and answer with their page: their /readyz tells all.
    if let answer = JSONText.decode(Startup.self, startup.body) {
      switch answer.status {
      case "starting": return .starting((answer.pendingReason ?? "starting").shown)
      case "draining": return .draining
      case "started": break
      default: return .unintelligible("/startupz says \"\(answer.status.shown)\"")
      }
    }
    let readiness: HTTPResponse
    do throws(HTTPError) { readiness = try await probe("/readyz") } catch {
      return .down(error.description.shown)
    }
    guard let answer = JSONText.decode(Ready.self, readiness.body) else {
      return .unintelligible(
        "/readyz answers \(readiness.status) with \(Self.kind(of: readiness)), not with OpenClaw's JSON"
      )
    }
    if answer.ready { return .started(failing: []) }
    let failing = (answer.failing ?? []).prefix(64).map(\.shown)
    if failing.contains("gateway-draining") { return .draining }
    if failing.contains("startup-sidecars") { return .starting("startup-sidecars") }
    return .started(failing: failing.isEmpty ? ["not ready, without details"] : failing)
  }

  /// Milliseconds since this boot began.
  func probedUptime() async -> Int64? {
    guard let response = try? await probe("/startupz") else { return nil }
    return JSONText.decode(Startup.self, response.body)?.uptimeMs
  }

  public func faultBehindBalancer() async throws(PortError) -> String? {
    let response: HTTPResponse
    do throws(HTTPError) {
      // As the managed HAProxy sends what comes from beyond: an address of RFC 5737.
      response = try await probe(
        "/readyz",
        headers: [
          "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http",
          "X-Forwarded-Host": address,
        ], withToken: false)
    } catch {
      throw PortError(
        .unreachable,
        "the gateway at \(address) did not answer a request with forwarded headers: "
          + error.message.shown)
    }
    if JSONText.decode(Ready.self, response.body) != nil { return nil }
    if let fault = JSONText.decode(ErrorBody.self, response.body)?.error {
      guard fault.type == "proxy_attribution_required" else {
        return "a request with forwarded headers is answered \(response.status): "
          + (fault.message ?? fault.type ?? "no reason").shown
      }
      return """
        the gateway at \(address) refuses requests with forwarded headers from this host \
        (\(response.status) proxy_attribution_required): every session behind the balancer would \
        fail while /healthz stays green; list the balancer's address in gateway.trustedProxies of \
        openclaw.json and restart the gateway
        """
    }
    throw PortError(
      .failed,
      "the gateway at \(address) answered a request with forwarded headers with status "
        + "\(response.status) and \(Self.kind(of: response)), not with OpenClaw's JSON",
      remedy: "See whether it is OpenClaw that listens there.")
  }

  private func probe(
    _ path: String, headers: HTTPHeaders = [:], withToken: Bool = true
  ) async throws(HTTPError) -> HTTPResponse {
    var headers = headers
    // Without a token there are fewer details, which is no reason to see nothing.
    if withToken, let token = try? GatewayToken(file: spec.tokenFile) {
      headers["Authorization"] = token.authorization
    }
    return try await client.send(
      HTTPRequest(
        "GET", "http://\(address)\(path)", headers: headers, deadline: deadlines.probe,
        connectDeadline: deadlines.probe, responseLimit: 256 << 10))
  }

  static func kind(of response: HTTPResponse) -> String {
    let type = response.headers["Content-Type"]?.prefix { $0 != ";" } ?? ""
    return type.isEmpty ? "no content type" : String(type.shown.prefix(60))
  }

  // MARK: The webhook digest

  private struct Digest: Decodable {
    let status: MergedProbe.WebhookDigest.State
    let rows: Rows?

    /// A list, or how many there are.
    enum Rows: Decodable {
      case count(Int)

      init(from decoder: any Decoder) throws {
        if let count = try? decoder.singleValueContainer().decode(Int.self) {
          self = .count(max(0, count))
        } else {
          self = .count(try decoder.unkeyedContainer().count ?? 0)
        }
      }
    }
  }

  /// `{"status": "clean|back_pressure|failing", "rows": […]}`. No URL, nobody there, or 404: absent.
  public func webhookDigest() async throws(PortError) -> WebhookDigestReport {
    let absent = WebhookDigestReport(state: .absent, rows: 0, raw: [])
    guard let url = spec.digest else { return absent }
    func failed(_ fault: String) -> PortError {
      PortError(
        .failed, "the webhook digest \(fault)",
        remedy: "See what answers at openclaw.digest of this host, or leave that line out.")
    }
    let response: HTTPResponse
    do throws(HTTPError) {
      response = try await client.send(
        HTTPRequest(
          "GET", url, deadline: deadlines.probe, connectDeadline: deadlines.probe,
          responseLimit: 1 << 20))
    } catch {
      if error.kind == .refused { return absent }
      throw failed("at \(error.description.shown)")
    }
    if response.status == 404 { return absent }
    guard let digest = JSONText.decode(Digest.self, response.body) else {
      throw failed(
        "answered \(response.status) with \(Self.kind(of: response)) and no status that is known")
    }
    guard case .count(let rows) = digest.rows ?? .count(0) else { return absent }
    return WebhookDigestReport(state: digest.status, rows: rows, raw: response.body)
  }
}
