import SluiceCore
import SluiceHTTP
import SluicePorts

/// The HTTP probes, asked.
extension OpenClawGateway {
  /// Asked without the token, which a status does not need. Any answer of a foreign process at the
  /// gateway's port counts as down.
  public func readiness() async -> GatewayReadiness {
    let answer: GatewayReadiness
    do throws(HTTPError) { answer = try await answeredReadiness() } catch {
      return .down(error.description.shown)
    }
    if case .stranger(let what) = await listener.fault() { return .down(what) }
    return answer
  }

  private func answeredReadiness() async throws(HTTPError) -> GatewayReadiness {
    if let answer = ProbeReaders.startup(ProbeAnswer(try await probe("/startupz"))) {
      return answer
    }
    let plain = ProbeAnswer(try await probe("/readyz"))
    guard ProbeReaders.withholdsDetails(plain), let token = try? await tokenToSend() else {
      return ProbeReaders.readiness(plain)
    }
    return ProbeReaders.readiness(ProbeAnswer(try await probe("/readyz", token: token)))
  }

  /// Milliseconds since this boot began. Only for a caller on loopback or with the token.
  func probedUptime() async -> Int64? {
    guard let plain = try? await probe("/startupz"),
      ProbeReaders.knowsStartup(ProbeAnswer(plain))
    else { return nil }
    if let uptime = ProbeReaders.uptime(ProbeAnswer(plain)) { return uptime }
    guard let token = try? await tokenToSend(),
      let full = try? await probe("/startupz", token: token)
    else { return nil }
    return ProbeReaders.uptime(ProbeAnswer(full))
  }

  /// Nil also where the balancer is elsewhere: the gateway judges a request by its sender's address, so
  /// only the balancer's own health check can ask.
  public func faultBehindBalancer() async throws(PortError) -> String? {
    guard isBesideBalancer else { return nil }
    let response: HTTPResponse
    do throws(HTTPError) {
      // As the managed HAProxy sends what comes from beyond: an address of RFC 5737.
      response = try await probe(
        "/readyz",
        headers: [
          "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http",
          "X-Forwarded-Host": address,
        ])
    } catch {
      throw PortError(
        .unreachable,
        "the gateway at \(address) did not answer a request with forwarded headers: "
          + error.message.shown)
    }
    switch ProbeReaders.forwarded(ProbeAnswer(response)) {
    case .served: return nil
    case .refused(let reason):
      return "a request with forwarded headers is answered \(response.status): \(reason)"
    case .unattributed:
      return """
        the gateway at \(address) refuses requests with forwarded headers from this host \
        (\(response.status) proxy_attribution_required): every session behind the balancer would \
        fail while /healthz stays green; list the balancer's address in gateway.trustedProxies of \
        openclaw.json and restart the gateway
        """
    case .unintelligible(let what):
      throw PortError(
        .failed,
        "the gateway at \(address) answered a request with forwarded headers with status \(what), "
          + "not with OpenClaw's JSON", remedy: "See whether it is OpenClaw that listens there.")
    }
  }

  /// Asks for the list of models, which the same setting enables; the request starts no run.
  public func sessionWay() async -> SessionWay? {
    guard let token = try? await tokenToSend() else { return nil }
    let request = HTTPRequest(
      "GET", "http://\(address)/v1/models", headers: ["Authorization": token.authorization],
      deadline: deadlines.probe, connectDeadline: deadlines.probe, responseLimit: 1 << 20)
    guard let response = try? await client.send(request) else { return nil }
    switch response.status {
    case 200: return Self.kind(of: response) == "text/html" ? .gatewayProtocol : .http
    // The gateway wants another token, so it is running.
    case 401: return .http
    case 404, 405: return .gatewayProtocol
    default: return nil
    }
  }

  func probe(
    _ path: String, headers: HTTPHeaders = [:], token: GatewayToken? = nil
  ) async throws(HTTPError) -> HTTPResponse {
    var headers = headers
    if let token { headers["Authorization"] = token.authorization }
    return try await client.send(
      HTTPRequest(
        "GET", "http://\(address)\(path)", headers: headers, deadline: deadlines.probe,
        connectDeadline: deadlines.probe, responseLimit: 256 << 10))
  }

  static func kind(of response: HTTPResponse) -> String { ProbeAnswer(response).kind }

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

  /// `{"status": "clean|back_pressure|failing", "rows": […]}`. Absent without a URL, without a
  /// listener, or with 404.
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
