import SluiceSystem
import SluiceTestSupport
import Testing

/// A bound against hanging, not an expectation: the machine may be busy with everything else.
private let patience = Duration.seconds(120)

/// Answers every connection with what it sends, until the listener is closed.
private func echo(_ listener: SocketListener) async {
  await withDiscardingTaskGroup { group in
    for await connection in listener.connections {
      group.addTask {
        while let bytes = try? await connection.read(), !bytes.isEmpty {
          guard (try? await connection.write(bytes)) != nil else { break }
        }
        connection.close()
      }
    }
  }
}

@Suite("Sockets")
struct SocketTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// A connection and the other side of it.
  private func pair(
    _ address: SocketAddress? = nil
  ) async throws -> (SocketListener, near: StreamConnection, far: StreamConnection) {
    let listener = try SocketListener.listen(address ?? .unix(path: directory("s")))
    let near = try await StreamConnection.connect(listener.address, deadline: patience)
    var accepted = listener.connections.makeAsyncIterator()
    return (listener, near, try #require(await accepted.next()))
  }

  @Test("what is sent comes back, by a unix socket, by a number and by a name", arguments: 0..<3)
  func echoes(kind: Int) async throws {
    let listener = try SocketListener.listen(
      [
        .unix(path: directory("echo")), .tcp(host: "127.0.0.1", port: 0),
        .tcp(host: "localhost", port: 0),
      ][kind])
    if case .tcp(_, let port) = listener.address { #expect(port != 0) }
    let sent = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await echo(listener) }
      let connection = try await StreamConnection.connect(listener.address, deadline: patience)
      group.addTask {
        try await connection.write(sent)
        connection.finishWriting()
      }
      let received = try await connection.readAll(limit: sent.count, deadline: patience)
      #expect(received == sent)
      listener.close()
      try await group.waitForAll()
    }
  }

  @Test("two hundred connections at once are each answered")
  func many() async throws {
    let listener = try SocketListener.listen(.tcp(host: "127.0.0.1", port: 0))
    let answered = try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        await echo(listener)
        return false
      }
      for number in 0..<200 {
        group.addTask {
          let connection = try await StreamConnection.connect(
            listener.address, deadline: patience)
          try await connection.write(text: "call \(number)\n")
          let line = try await connection.readLine(deadline: patience)
          connection.close()
          return line == "call \(number)"
        }
      }
      var answered = 0
      for try await isAnswered in group {
        if isAnswered { answered += 1 }
        if answered == 200 { listener.close() }
      }
      return answered
    }
    #expect(answered == 200)
  }

  @Test("a socket file nobody answers at is replaced, with the permissions asked for")
  func stale() async throws {
    let path = directory("stale")
    // Left behind by a process that ended without closing.
    let perl = try requireTool("perl")
    let script = """
      use IO::Socket::UNIX;
      IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1) or exit 3;
      kill 9, $$;
      """
    let left = try await Processes.run(ProcessCommand(perl, ["-e", script, path]))
    try #require(left.termination == .signalled(9))
    try #require(try Files.status(of: path)?.kind == .other)

    let listener = try SocketListener.listen(.unix(path: path), mode: 0o660)
    #expect(try Files.status(of: path)?.mode == 0o660)
    let connection = try await StreamConnection.connect(listener.address, deadline: patience)
    connection.close()
    listener.close()
    #expect(try Files.status(of: path) == nil)
  }

  @Test("a socket that somebody answers at, and a file that is none, stay as they are")
  func occupied() throws {
    let address = SocketAddress.unix(path: directory("s"))
    let first = try SocketListener.listen(address)
    #expect(throws: SystemError("bind", code: EADDRINUSE, path: directory("s"))) {
      try SocketListener.listen(address)
    }
    first.close()
    try SocketListener.listen(address).close()

    try Files.create(directory("file"), with: [1], mode: 0o600)
    #expect(throws: SystemError("bind", code: EEXIST, path: directory("file"))) {
      try SocketListener.listen(.unix(path: directory("file")))
    }
    #expect(try Files.read(directory("file")) == [1])
  }

  @Test("of many who start at once over a stale file, one listens")
  func startersRace() async throws {
    let path = directory("race")
    let first = try SocketListener.listen(.unix(path: path))
    try Files.rename(path, to: directory("aside"))
    first.close()
    try Files.rename(directory("aside"), to: path)
    let listeners = await withTaskGroup(of: SocketListener?.self) { group in
      for _ in 0..<8 {
        group.addTask { try? SocketListener.listen(.unix(path: path)) }
      }
      return await group.reduce(into: [SocketListener]()) { if let one = $1 { $0.append(one) } }
    }
    #expect(listeners.count == 1)
    let connection = try await StreamConnection.connect(.unix(path: path), deadline: patience)
    connection.close()
  }

  @Test("a path that does not fit a socket's address is refused by name")
  func longPath() async {
    let path = directory(String(repeating: "x", count: 120))
    #expect(throws: SystemError("bind", code: ENAMETOOLONG, path: path)) {
      try SocketListener.listen(.unix(path: path))
    }
    await #expect(throws: SystemError("bind", code: ENAMETOOLONG, path: path)) {
      try await StreamConnection.connect(.unix(path: path), deadline: .seconds(1))
    }
  }

  @Test("connecting where nobody listens is an error that names the address")
  func refused() async throws {
    let port = try PortFinder.freeLoopbackPorts(1)[0]
    let address = SocketAddress.tcp(host: "127.0.0.1", port: port)
    await #expect(throws: SystemError("connect", code: ECONNREFUSED, path: "127.0.0.1:\(port)")) {
      try await StreamConnection.connect(address, deadline: patience)
    }
    await #expect(throws: SystemError.self) {
      try await StreamConnection.connect(.unix(path: directory("none")), deadline: patience)
    }
  }

  @Test("closing during a read ends the read, and nothing works afterwards")
  func closeDuringRead() async throws {
    let (listener, near, far) = try await pair()
    defer { listener.close() }
    let read = Task { try await near.read() }
    // The read either waits by now or finds the connection closed: both end alike.
    try await far.write([1])
    #expect(try await read.value == [1])
    let second = Task { try await near.read() }
    await Task.yield()
    near.close()
    near.close()
    let canceled = SystemError("read", code: ECANCELED, path: near.address.description)
    await #expect(throws: canceled) { try await second.value }
    await #expect(throws: SystemError.self) { try await near.write([1]) }
    #expect(try await far.read() == [])
  }

  @Test("a cancelled task closes its connection")
  func cancellation() async throws {
    let (listener, near, far) = try await pair()
    defer { listener.close() }
    let read = Task { try await near.read() }
    read.cancel()
    await #expect(throws: SystemError.self) { try await read.value }
    #expect(try await far.read(deadline: patience) == [])
  }

  @Test("a read that times out leaves the connection in use")
  func readDeadline() async throws {
    let (listener, near, far) = try await pair()
    defer { listener.close() }
    let late = SystemError("read", code: ETIMEDOUT, path: near.address.description)
    await #expect(throws: late) { try await near.read(deadline: .milliseconds(20)) }
    try await far.write([7])
    #expect(try await near.read(deadline: patience) == [7])
  }

  @Test("a write to a reader that went away is an error and no signal")
  func peerGone() async throws {
    let (listener, near, far) = try await pair()
    defer { listener.close() }
    far.close()
    await #expect(throws: SystemError.self) {
      for _ in 0..<1_000 { try await near.write([UInt8](repeating: 0, count: 65_536)) }
    }
  }

  @Test("a write that nobody reads waits, and times out without holding others up")
  func writeDeadline() async throws {
    let (listener, near, far) = try await pair()
    defer { listener.close() }
    let late = SystemError("write", code: ETIMEDOUT, path: near.address.description)
    await #expect(throws: late) {
      try await near.write([UInt8](repeating: 0, count: 32 << 20), deadline: .milliseconds(50))
    }
    try await far.write([7])
    #expect(try await near.read(deadline: patience) == [7])
  }

  @Test("lines come whole, however they were cut on their way")
  func lines() async throws {
    let (listener, near, far) = try await pair()
    defer { listener.close() }
    for part in ["on", "e\ntw", "o\n\nthr", "ee\n", "rest"] { try await far.write(text: part) }
    for expected in ["one", "two", "", "three"] {
      #expect(try await near.readLine(deadline: patience) == expected)
    }
    #expect(try await near.read(deadline: patience) == Array("rest".utf8))
    far.close()
    #expect(try await near.readLine(deadline: patience) == nil)
  }

  @Test(
    "half a line, an endless one and one that is not text are errors",
    arguments: [
      (Array("half".utf8), EBADMSG), (Array("12345678901\n".utf8), EMSGSIZE),
      (Array("12345678901".utf8), EMSGSIZE), ([0xFF, 0x0A], EILSEQ),
    ])
  func badLines(bytes: [UInt8], code: Int32) async throws {
    let (listener, near, far) = try await pair()
    defer { listener.close() }
    try await far.write(bytes)
    far.finishWriting()
    let error = SystemError("read line", code: code, path: near.address.description)
    await #expect(throws: error) { try await near.readLine(limit: 10, deadline: patience) }
  }

  /// Dispatch's sources ended the process here, now and then.
  @Test("hundreds of connections whose other side hangs up while they are read all end")
  func hangUps() async throws {
    let listener = try SocketListener.listen(.unix(path: directory("many")))
    defer { listener.close() }
    try await withThrowingTaskGroup(of: Int.self) { group in
      group.addTask {
        var served = 0
        for await connection in listener.connections {
          try await connection.write([7])
          connection.close()
          served += 1
          if served == 400 { break }
        }
        return 0
      }
      for _ in 0..<8 {
        group.addTask {
          var bytes = 0
          for _ in 0..<50 {
            let connection = try await StreamConnection.connect(
              listener.address, deadline: patience)
            bytes += try await connection.readAll(deadline: patience).count
            connection.close()
          }
          return bytes
        }
      }
      var bytes = 0
      for try await count in group { bytes += count }
      #expect(bytes == 400)
    }
  }

  @Test("the kernel says who is on the other side of a unix socket")
  func peerUser() async throws {
    let (listener, near, far) = try await pair()
    defer { listener.close() }
    #expect(far.peerUser == HostFacts.userIdentifier)
    #expect(near.peerUser == HostFacts.userIdentifier)
    let (other, tcp, _) = try await pair(.tcp(host: "127.0.0.1", port: 0))
    defer { other.close() }
    #expect(tcp.peerUser == nil)
  }

  @Test(
    "addresses that could mean two things, or nothing, are not read",
    arguments: [
      "::1:80", "[::1]", "[::1]:", "[host]:80", "host:+80", "host:-1", "host: 80", "a b:80",
      "unix:relative", "unix:", "http://x:80", "\0:80", "/a\0b",
    ])
  func badAddresses(text: String) {
    #expect(SocketAddress(text) == nil)
  }
}
