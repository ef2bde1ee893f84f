import SluiceCore

/// The sections that are the same for every fleet but for paths and the address to bind.
extension HAProxyConfiguration {
  static func global(
    _ files: HAProxyFiles, connections: Int, _ account: HAProxyAccount?
  ) -> String {
    """
    # Written by Sluice from sluice.yaml; written anew whenever it starts HAProxy.
    global
        stats socket \(files.administration) mode 600 level admin expose-fd listeners
        stats timeout 10m
        maxconn \(connections)
        nbthread 2
        hard-stop-after 15m\(account.map { confinement($0, files) } ?? "")
        log ring@\(ring) len 1024 format raw local0 info

    # the session log: read with `show events`; 16 MiB are about 70,000 sessions
    ring \(ring)
        format raw
        maxlen 1024
        size 16777216

    """
  }

  /// - Parameter silence: how long either end may be silent, milliseconds: an answer that takes
  ///   minutes is no broken one. A request's head has its own, short time.
  static func defaults(silence: Int64) -> String {
    """
    defaults
        mode http
        log global
        option redispatch 1
        option abortonclose
        option dontlognull
        retries 2
        # never a status code: a request that was received may have been acted upon
        retry-on conn-failure
        timeout connect 1s
        timeout client \(silence)ms
        timeout server \(silence)ms
        timeout http-keep-alive 60s
        timeout queue 2s
        timeout tunnel 1h
        timeout http-request 10s
        # an answer's time begins when the whole request is there: a client's slowness is not the
        # gateway's
        option http-buffer-request
        # else `inter` is the time-out, and a busy gateway flaps
        timeout check 5s

    """
  }

  /// - Parameter most: connections that one source may have; nil: as many as it likes.
  static func frontend(
    _ spec: HAProxySpec, _ files: HAProxyFiles, _ secret: FleetSecret, most: Int?,
    _ limits: SourceLimits
  ) -> String {
    """
    frontend \(frontend)
    \(door(spec))
    \(connectionLimits(spec, most, limits))
        unique-id-format %{+X}o%Ts.%pid.%rt
        unique-id-header X-Request-Id
        acl decided  var(txn.why) -m found
        acl keyed    var(txn.key) -m found
        acl canary   var(txn.arm) -m str canary
        acl stable   var(txn.arm) -m str stable
        acl drawn    var(txn.why) -m str draw
        acl by_cookie var(txn.why) -m str cookie
        acl by_cohort var(txn.why) -m str cohort
        acl held     var(txn.why) -m str hold
        acl failopen var(txn.why) -m str failopen
        acl pinnable var(txn.pin) -m len 32
    \(fronting(spec, most))
    \(assignment(spec, files, secret, limits))
    \(pins(files, limits))
    \(proxying(spec))
        log-format '\(logFormat(namesTenants: spec.front != nil))'

    """
  }

  /// No client's bytes stand in it: no path or header could forge a line. `te` is the value of a map,
  /// which Sluice wrote; `tn` is the tenant that a front named, in hex.
  static func logFormat(namesTenants: Bool) -> String {
    commonFormat + (namesTenants ? #"","tn":"%[var(txn.tenant),hex]"}"# : #""}"#)
  }

  private static let commonFormat =
    #"{"v":1,"run":"%[env(\#(runVariable))]","pid":%pid,"n":"%[sc2_inc_gpc0]","#
    + #""t":"%[var(txn.t)]","arm":"%[var(txn.arm)]","why":"%[var(txn.why)]","#
    + #""state":"%[var(txn.state),field(1,:,3)]","srv":"%s","st":%ST,"ts":"%tsc","Ta":%Ta,"#
    + #""TR":%TR,"rc":"%rc","id":"%ID","src":"%[var(txn.src)]","w":"%[var(txn.work)]","#
    + #""te":"%[var(txn.te)]"#

  /// Cohort, cookie, key, draw: the first that applies decides. A condition first tests for the
  /// cookie or the key, which most requests lack, so that it costs those requests nothing.
  private static func assignment(
    _ spec: HAProxySpec, _ files: HAProxyFiles, _ secret: FleetSecret, _ limits: SourceLimits
  ) -> String {
    """
        http-request set-var(txn.t) date(0,ms)
        http-request track-sc2 str(n) table \(sequenceTable)
    \(lineLimit(limits))
        # who asks, as nobody could tell from it, and whether it can be an agent's work
        http-request set-var(txn.src) src,\(sourceMask),xxh32(\(secret.sourceSeed)),hex
        http-request set-var(txn.work) str(page)
        http-request set-var(txn.work) str(post) if METH_POST
        http-request set-var(txn.work) str(socket) if { req.hdr(upgrade) -i websocket }
        # ---------- SHARE:PINEPOCH:GENERATION:CANARYPIN, and the set of tenants, in one key: one command
        #            changes them all
        http-request set-var(txn.state) str(state),map_str(\(files.stateMap),0:0:0)
        http-request set-var(txn.share) var(txn.state),field(1,:),add(0)
        http-request set-var(txn.epoch) var(txn.state),field(2,:)
        http-request set-var(txn.pin) var(txn.state),field(4,:)
        # ---------- 1. a tenant that belongs to an arm; at share 0 nobody belongs to the canary:
        #            what runs there may not be proven
        #            A tenant joins the canary by sluice.yaml, or by the step that the state names
        http-request set-var(txn.tenant) req.hdr(x-openclaw-tenant),lower,bytes(0,64) \
    if \(spec.front == nil ? "FALSE" : "fronted")
        acl tenanted var(txn.tenant) -m found
        http-request set-var(txn.co) var(txn.tenant),map_str(\(files.cohortMap)) if tenanted
        http-request set-var(txn.te) var(txn.state),field(5,:),concat(/,txn.tenant),\
    map_str(\(files.tenantMap)) if tenanted
        http-request set-var(txn.co) str(canary) if { var(txn.te) -m found }
        acl cohort_canary var(txn.co) -m str canary
        acl cohort_stable var(txn.co) -m str stable
        acl shared var(txn.share),add(0) gt 0
        http-request set-var(txn.arm) str(canary) if cohort_canary shared
        http-request set-var(txn.arm) str(stable) if cohort_stable
        http-request set-var(txn.why) str(cohort) if canary or stable
        # ---------- 2. a cookie: stable's pin in every pin epoch, the canary's in this one
        http-request set-var(txn.ck) req.cook(SLUICE_ARM)
        acl cookie var(txn.ck) -m found
        acl pinned_canary var(txn.pin),strcmp(txn.ck) eq 0
        acl pinned_stable var(txn.ck) -m str \(secret.stablePin)
        http-request set-var(txn.arm) str(canary) if cookie !decided pinnable pinned_canary
        http-request set-var(txn.arm) str(stable) if cookie !decided pinned_stable
        http-request set-var(txn.why) str(cookie) \
    if cookie !decided canary or cookie !decided stable
        # ---------- 3. a session key that was seen: stable in every pin epoch, canary in this one
        #            The key is hashed with a word of the secret before it: nobody outside can compute
        #            what the draw and the memory of keys go by
        http-request set-var(txn.key) req.hdr(x-openclaw-session-key),bytes(0,128)
        http-request set-var(txn.sk) str(\(secret.keyPrefix)),concat(,txn.key),sha1,hex if keyed
        http-request set-var(txn.mem) var(txn.sk),table_gpt0(st_key) if keyed
        http-request set-var(txn.ep2c) var(txn.epoch),add(0),mul(2),add(1) if keyed
        acl known_canary var(txn.mem),sub(txn.ep2c) eq 0
        acl known_stable var(txn.mem),sub(2) eq 0
        http-request set-var(txn.arm) str(canary) if keyed !decided pinnable known_canary
        http-request set-var(txn.arm) str(stable) if keyed !decided known_stable
        http-request set-var(txn.why) str(key) if keyed !decided canary or keyed !decided stable
        # ---------- 4. the draw: a key by its keyed hash, so that no client can tell what it draws, and
        #            that it draws the same when its memory is lost; in another pin epoch another
        #            way, so that who was the canary's once is nobody to be picked by. Everybody else
        #            at random; a share that is no number: stable
        http-request set-var(txn.why) str(draw) if !decided
        http-request set-var(txn.h) var(txn.sk),concat(:,txn.epoch),xxh32,mod(10000) if keyed drawn
        acl hash_below_share var(txn.h),sub(txn.share) lt 0
        acl rand_below_share rand(10000),sub(txn.share) lt 0
        http-request set-var(txn.arm) str(canary) \
    if keyed drawn hash_below_share or !keyed drawn rand_below_share
        http-request set-var(txn.arm) str(stable) if !canary
        http-request set-var(txn.word) str(\(secret.stablePin))
        http-request set-var(txn.word) var(txn.pin) if canary
    """
  }

  /// The gateway to which a client is pinned in its arm (HAProxy itself prefers the cookie to the
  /// key), the choice while that gateway is taken out, and the record of the pin.
  private static func pins(_ files: HAProxyFiles, _ limits: SourceLimits) -> String {
    """
        # ---------- pinned to a gateway that is taken out: the client waits
        http-request set-var(txn.gck) req.cook(SLUICE_GW)
        acl gateway_cookie var(txn.gck) -m found
        http-request set-var(txn.gw) var(txn.arm),concat(/,txn.gck),map_str(\(files.serverMap)) \
    if gateway_cookie
        acl pinned var(txn.gw) -m found
        http-request set-var(txn.sid) var(txn.sk),table_server_id(arm_canary) \
    if keyed canary !pinned
        http-request set-var(txn.sid) var(txn.sk),table_server_id(arm_stable) \
    if keyed stable !pinned
        http-request set-var(txn.gw) var(txn.arm),concat(/,txn.sid),map_str(\(files.serverMap)) \
    if keyed !pinned
        http-request set-var(txn.why) str(hold) \
    if pinned { var(txn.gw),map_str(\(files.holdMap)) -m str 1 }
        # ---------- a canary without a live server: stable serves, and the log says so
        http-request set-var(txn.why) str(failopen) if canary !held { nbsrv(arm_canary) eq 0 }
        http-request set-var(txn.arm) str(stable) if canary failopen
    \(memory(limits))
        http-request return status 503 content-type "application/json; charset=utf-8" \
    hdr Retry-After 2 string '\(waitBody)' if held
    """
  }

  /// The answer that OpenClaw 2026.9 itself gives while it restarts.
  static let waitBody =
    #"{"error":{"message":"Gateway is temporarily unavailable while suspending or restarting","#
    + #""type":"service_unavailable","code":"gateway_unavailable"}}"#

  /// The entrance for clients. HAProxy accepts the PROXY protocol only from a front. From any other
  /// client the protocol's line is no HTTP request, and HAProxy answers 400.
  private static func door(_ spec: HAProxySpec) -> String {
    var lines = ["    bind \(spec.bind)"]
    if let tls = spec.tls {
      lines[0] += " ssl crt \(tls.certificate) ssl-min-ver TLSv1.2 alpn http/1.1"
    }
    if let front = spec.front, front.speaksProxyProtocol {
      lines.append(
        "    tcp-request connection expect-proxy layer4 if { src \(front.addresses.joined(separator: " ")) }"
      )
    }
    return lines.joined(separator: "\n")
  }

  private static func proxying(_ spec: HAProxySpec) -> String {
    let isRemote = spec.hasLocalClients == true ? " if !local" : ""
    let both = spec.hasLocalClients == true ? " !local" : ""
    let local =
      spec.hasLocalClients == true
      ? """

          # clients of this machine: OpenClaw refuses headers that do not lead beyond loopback
          acl local src 127.0.0.0/8 ::1
      """ : ""
    let arm =
      spec.showsArm == true ? "\n    http-response set-header X-Sluice-Arm %[var(txn.arm)]" : ""
    return """
          # ---------- forwarded headers: delete what came, then set
          http-request del-header X-Forwarded- -m beg
          http-request del-header Forwarded
          http-request del-header X-Real-IP
          http-request del-header X-Request-Id\(local)
          acl secure ssl_fc
          acl secure var(txn.proto) -m str https
          http-request set-header X-Forwarded-Proto http if !secure\(both)
          http-request set-header X-Forwarded-Proto https if secure\(both)
          http-request set-header X-Forwarded-Host %[req.hdr(host)]\(isRemote)
          http-request set-header X-Forwarded-For %[src]\(isRemote)\(arm)
          # a pin lasts eight hours from the last answer, and goes with a cohort's tenant, too: he stays
          # where his conversation is when the share goes to 0. It says nothing to who reads it
          http-response add-header Set-Cookie \
      "SLUICE_ARM=%[var(txn.word)]; \(cookie)\(spec.tls == nil ? "" : "; Secure")" \
      if drawn or by_cookie or by_cohort canary
          use_backend arm_canary if canary
          default_backend arm_stable
      """
  }

  private static let cookie = "Path=/; Max-Age=28800; HttpOnly; SameSite=Lax"
}
