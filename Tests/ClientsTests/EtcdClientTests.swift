import Glibc
import Histories
import Synchronization
import Testing

@testable import Clients

private let short = Duration.milliseconds(300)
private let long = Duration.seconds(5)

private func open(_ address: String, _ parameters: [String: Value] = [:]) throws -> any Client {
  try ClientKind.named("etcd").open(address: address, parameters: parameters)
}

extension ClientResponse {
  fileprivate func isFail(_ kind: String) -> Bool { outcome == .fail && says(kind) }

  fileprivate func isInfo(_ kind: String) -> Bool { outcome == .info && says(kind) }

  private func says(_ kind: String) -> Bool {
    guard case .string(let text)? = error else { return false }
    return text.hasPrefix(kind)
  }
}

private let read = ClientRequest(f: "read", key: .string("k"))
private let write = ClientRequest(f: "write", key: .string("k"), value: .integer(7))

private func cas(_ expected: Value, _ new: Value, key: Value? = .string("k")) -> ClientRequest {
  ClientRequest(f: "cas", key: key, value: .array([expected, new]))
}

/// Against a real etcd.
@Suite(.serialized, .enabled(if: Etcd.isInstalled, "etcd is not installed (apt: etcd-server)"))
struct EtcdClientTests {
  let etcd: Etcd

  init() throws { etcd = try Etcd() }

  @Test func everyValueAndKeyComesBackAsItWas() throws {
    let client = try open(etcd.address)
    defer { client.close() }
    let values: [Value] = [
      .bool(false), .integer(.min), .integer(.max), .double(0.1), .double(-1e300), .string(""),
      .string("a\"\\\n\0\u{1f}é😀\u{2028}"), .array([]), .array([.null, .integer(1), .string("1")]),
      .object(["b": .null, "a": .object([:])]),
    ]
    let keys: [Value?] = [nil, .string("k"), .string("1"), .integer(1), .null, .string("ü/\"")]
    for key in keys {
      #expect(client.invoke(ClientRequest(f: "read", key: key), timeout: long) == .ok(.null))
    }
    for (number, key) in keys.enumerated() {
      let value = values[number]
      let write = ClientRequest(f: "write", key: key, value: value)
      #expect(client.invoke(write, timeout: long) == .ok(value))
    }
    for (number, key) in keys.enumerated() {
      let answer = client.invoke(ClientRequest(f: "read", key: key), timeout: long)
      #expect(answer == .ok(values[number]))
    }
    for value in values {
      let write = ClientRequest(f: "write", key: .string("k"), value: value)
      #expect(client.invoke(write, timeout: long) == .ok(value))
      #expect(client.invoke(read, timeout: long) == .ok(value))
      #expect(client.invoke(cas(value, .integer(1)), timeout: long).outcome != .fail)
    }
  }

  @Test func casComparesTheValueOrItsAbsence() throws {
    let client = try open(etcd.address)
    defer { client.close() }
    let (one, two) = (Value.integer(1), Value.integer(2))
    #expect(client.invoke(cas(one, two), timeout: long).isFail("compare:"))
    #expect(client.invoke(read, timeout: long) == .ok(.null))
    #expect(client.invoke(cas(.null, one), timeout: long) == .ok(.array([.null, one])))
    #expect(client.invoke(cas(.null, two), timeout: long).isFail("compare:"))
    #expect(client.invoke(cas(.string("1"), two), timeout: long).isFail("compare:"))
    #expect(client.invoke(cas(one, two), timeout: long) == .ok(.array([one, two])))
    #expect(client.invoke(read, timeout: long) == .ok(two))
    let object = Value.object(["x": one, "y": two])
    #expect(client.invoke(cas(two, object), timeout: long) == .ok(.array([two, object])))
    #expect(client.invoke(cas(object, one), timeout: long) == .ok(.array([object, one])))
  }

  @Test func spellingsOfTheSameTextAreDifferentValuesAndKeys() throws {
    let client = try open(etcd.address)
    defer { client.close() }
    let (composed, decomposed) = (Value.string("\u{E9}"), Value.string("e\u{301}"))
    let write = ClientRequest(f: "write", key: composed, value: decomposed)
    #expect(client.invoke(write, timeout: long) == .ok(decomposed))
    for (key, value) in [(composed, decomposed), (decomposed, .null)] {
      let answer = client.invoke(ClientRequest(f: "read", key: key), timeout: long)
      #expect(answer == .ok(value))
    }
    var swap = ClientRequest(f: "cas", key: composed, value: .array([composed, .integer(1)]))
    #expect(client.invoke(swap, timeout: long).isFail("compare:"))
    swap.value = .array([decomposed, .integer(1)])
    #expect(client.invoke(swap, timeout: long) == .ok(.array([decomposed, .integer(1)])))
  }

  @Test func parametersChooseThePrefixAndTheKindOfRead() throws {
    let one = try open(etcd.address, ["prefix": .string("a/")])
    let other = try open(etcd.address, ["prefix": .string("b/"), "read": .string("serializable")])
    defer { one.close(); other.close() }
    #expect(one.invoke(write, timeout: long) == .ok(.integer(7)))
    #expect(other.invoke(read, timeout: long) == .ok(.null))
    #expect(other.invoke(write, timeout: long) == .ok(.integer(7)))
    #expect(other.invoke(read, timeout: long) == .ok(.integer(7)))
  }

  @Test func aRequestThatIsMalformedIsNotSent() throws {
    let client = try open(etcd.address)
    defer { client.close() }
    for request in [
      ClientRequest(f: "write"), ClientRequest(f: "write", value: .null),
      ClientRequest(f: "cas", value: .integer(1)), cas(.integer(1), .null),
      ClientRequest(f: "enqueue", value: .integer(1)),
    ] {
      #expect(client.invoke(request, timeout: long).isFail("client:"))
    }
  }

  @Test func aRequestThatIsTooLargeIsRefusedForCertain() throws {
    let client = try open(etcd.address)
    defer { client.close() }
    let large = Value.string(String(repeating: "x", count: 2_000_000))
    let answer = client.invoke(ClientRequest(f: "write", value: large), timeout: long)
    #expect(answer == .fail("etcd: etcdserver: request is too large"))
    #expect(client.invoke(ClientRequest(f: "read"), timeout: long) == .ok(.null))
  }

  @Test func aPausedNodeLeavesWritesUnknownAndLosesReads() throws {
    let client = try open(etcd.address)
    defer { client.close() }
    #expect(client.invoke(write, timeout: long) == .ok(.integer(7)))
    etcd.pause()
    let start = ContinuousClock.now
    let late = ClientRequest(f: "write", key: .string("late"), value: .integer(8))
    #expect(client.invoke(late, timeout: short).isInfo("timeout:"))
    #expect(client.invoke(read, timeout: short).isFail("timeout:"))
    #expect(client.invoke(cas(.integer(7), .integer(9)), timeout: short).isInfo("timeout:"))
    let took = ContinuousClock.now - start
    #expect(took > short * 3 && took < short * 3 + .seconds(5))
    etcd.resume()
    #expect(client.invoke(read, timeout: long).error == nil)
  }

  @Test func aDeadNodeFailsEverythingAndARestartedOneIsFoundAgain() throws {
    let client = try open(etcd.address)
    defer { client.close() }
    #expect(client.invoke(write, timeout: long) == .ok(.integer(7)))
    etcd.kill()
    for request in [write, read, cas(.integer(7), .integer(8)), write] {
      #expect(client.invoke(request, timeout: long).isFail("connection:"))
    }
    try etcd.start()
    #expect(client.invoke(read, timeout: long) == .ok(.integer(7)))
  }
}

/// The classification against what is true: `ok` happened, `fail` did not.
@Suite(.enabled(if: Etcd.isInstalled, "etcd is not installed (apt: etcd-server)"))
struct EtcdClassificationTests {
  /// Every write has a key of its own, so that etcd can be asked afterwards which happened.
  @Test func noFailedWriteHappenedAndNoAcknowledgedOneIsLost() async throws {
    let etcd = try Etcd()
    let results = Mutex<[(key: Int, outcome: Outcome)]>([])
    let stop = Mutex(false)
    let address = etcd.address
    let writers = (0..<4).map { writer in
      spawnThread {
        guard let client = try? open(address) else { return }
        defer { client.close() }
        var key = writer
        while !stop.withLock({ $0 }) {
          let write = ClientRequest(f: "write", key: .integer(Int64(key)), value: .integer(1))
          let response = client.invoke(write, timeout: .milliseconds(150))
          results.withLock { $0.append((key, response.outcome)) }
          key += 4
          if response.error != nil { usleep(2000) }
        }
      }
    }
    for _ in 0..<4 {
      usleep(200_000)
      etcd.pause()
      usleep(250_000)
      etcd.resume()
      usleep(100_000)
      etcd.kill()
      try etcd.start()
    }
    stop.withLock { $0 = true }
    for writer in writers { writer.join() }

    let client = try open(address)
    defer { client.close() }
    var counts = (ok: 0, fail: 0, info: 0)
    for (key, outcome) in results.withLock({ $0 }) {
      let read = ClientRequest(f: "read", key: .integer(Int64(key)))
      let happened = client.invoke(read, timeout: long).outcome == .ok(.integer(1))
      switch outcome {
      case .ok:
        counts.ok += 1
        #expect(happened, "key \(key) was acknowledged and is lost")
      case .fail:
        counts.fail += 1
        #expect(!happened, "key \(key) failed and is there")
      case .info:
        counts.info += 1
      }
    }
    #expect(counts.ok > 50 && counts.fail > 10 && counts.info > 3, "\(counts)")
  }
}

/// etcd says that its space is exceeded when it has just carried the request out.
@Suite(.enabled(if: Etcd.isInstalled, "etcd is not installed (apt: etcd-server)"))
struct EtcdQuotaTests {
  @Test func spaceExceededIsNoPromise() throws {
    let etcd = try Etcd(["--quota-backend-bytes", "65536"])
    let client = try open(etcd.address)
    defer { client.close() }
    let large = Value.string(String(repeating: "x", count: 20_000))
    var last = ClientResponse.ok(nil)
    for _ in 0..<20 where last.error == nil {
      last = client.invoke(ClientRequest(f: "write", value: large), timeout: long)
    }
    #expect(last == .info("etcd: etcdserver: mvcc: database space exceeded"))
  }
}

/// Against what no etcd answers.
@Suite struct BrokenServerTests {
  private func answers(
    _ steps: [FakeServer.Step], to requests: [ClientRequest], timeout: Duration = long
  ) throws -> (answers: [ClientResponse], received: [String]) {
    let server = FakeServer(steps)
    defer { server.stop() }
    let client = try open(server.address)
    defer { client.close() }
    let answers = requests.map { client.invoke($0, timeout: timeout) }
    return (answers, server.requests)
  }

  @Test func nothingListens() throws {
    let client = try open("127.0.0.1:\(freePort())")
    #expect(client.invoke(write, timeout: long).isFail("connection:"))
    #expect(client.invoke(read, timeout: long).isFail("connection:"))
  }

  /// A listener whose queue is full drops the SYN, as a partition does.
  @Test func theNodeDoesNotAnswerTheConnection() throws {
    let listener = Listener()
    listener.fillQueue()
    let client = try open("127.0.0.1:\(listener.port)")
    #expect(client.invoke(write, timeout: short).isFail("timeout:"))
    #expect(client.invoke(read, timeout: short).isFail("timeout:"))
  }

  @Test func theNameIsUnknown() throws {
    // Too long a label is refused by the resolver itself: no query leaves this machine.
    let client = try open(String(repeating: "x", count: 64) + ".invalid:2379")
    #expect(client.invoke(write, timeout: long).outcome == .fail)
  }

  @Test func theServerDoesNotSpeakTLS() throws {
    let server = FakeServer([])
    defer { server.stop() }
    let client = try open("https://" + server.address)
    defer { client.close() }
    #expect(client.invoke(write, timeout: short).outcome == .fail)
  }

  @Test func theConnectionClosesBeforeTheReply() throws {
    let (answers, _) = try answers(
      [.answerAndClose(""), .reset, .answerAndClose(""), .reset], to: [write, write, read, read])
    #expect(answers[0].isInfo("connection:"))
    #expect(answers[1].isInfo("connection:"))
    #expect(answers[2].isFail("connection:"))
    #expect(answers[3].isFail("connection:"))
  }

  /// libcurl repeats a request whose reused connection dies. A write must not be sent twice.
  @Test(arguments: [FakeServer.Step.answerAndClose(""), .reset])
  func aRequestOnAReusedConnectionIsSentOnce(end: FakeServer.Step) throws {
    let good = FakeServer.Step.answer(httpResponse(200, #"{"header":{}}"#))
    let (answers, received) = try answers([good, end, good], to: [write, write, write])
    #expect(answers[0] == .ok(.integer(7)))
    #expect(answers[1].isInfo("connection:"))
    #expect(answers[2] == .ok(.integer(7)))
    #expect(received.count == 3)
  }

  /// A connection that was closed while idle costs nothing: the next request opens a new one.
  @Test func aConnectionThatWasClosedWhileIdleIsReplaced() throws {
    let good = FakeServer.Step.answerAndClose(httpResponse(200, #"{"header":{}}"#))
    let server = FakeServer([good, good])
    defer { server.stop() }
    let client = try open(server.address)
    defer { client.close() }
    #expect(client.invoke(write, timeout: long) == .ok(.integer(7)))
    usleep(50_000)
    #expect(client.invoke(write, timeout: long) == .ok(.integer(7)))
    #expect(server.requests.count == 2)
  }

  @Test(arguments: [
    "garbage\r\n\r\n", httpResponse(200, "not json"), httpResponse(200, "{}"),
    httpResponse(200, "[]"), httpResponse(200, #"{"header":{},"succeeded":"#),
    httpResponse(200, ""), "HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"header\":{}}",
    httpResponse(302, ""), httpResponse(200, String(repeating: "x", count: 1 << 21)),
  ])
  func aBrokenReplyIsUnknownForAWriteAndLostForARead(reply: String) throws {
    let step = FakeServer.Step.answerAndClose(reply)
    let (answers, _) = try answers(
      [step, step, step], to: [write, cas(.null, .integer(1)), read])
    #expect(answers.map(\.outcome) == [.info, .info, .fail])
    for answer in answers {
      guard case .string(let text)? = answer.error else {
        Issue.record("no reason")
        continue
      }
      #expect(text.count < 300 && !text.isEmpty)
    }
  }

  @Test(arguments: [
    #"{"header":{},"kvs":[]}"#, #"{"header":{},"kvs":[{"key":"a2V5"}]}"#,
    #"{"header":{},"kvs":{}}"#,
    // The right key ("faultline/key/k") with a value that is no Base64, or no JSON.
    #"{"header":{},"kvs":[{"key":"ZmF1bHRsaW5lL2tleS9r","value":"!"}]}"#,
    #"{"header":{},"kvs":[{"key":"ZmF1bHRsaW5lL2tleS9r","value":"YWJj"}]}"#,
    // The right value of another key.
    #"{"header":{},"kvs":[{"key":"AAAA","value":"MQ=="}]}"#,
  ])
  func aReadOfTheWrongShapeIsNotUnderstood(reply: String) throws {
    let (answers, _) = try answers([.answer(httpResponse(200, reply))], to: [read])
    #expect(answers[0].isFail("reply: not understood:"))
  }

  @Test func aReadOfTheRightShapeIsUnderstood() throws {
    let reply = #"{"header":{},"kvs":[{"key":"ZmF1bHRsaW5lL2tleS9r","value":"MQ=="}]}"#
    let (answers, received) = try answers([.answer(httpResponse(200, reply))], to: [read])
    #expect(answers[0] == .ok(.integer(1)))
    #expect(received == [#"{"key":"ZmF1bHRsaW5lL2tleS9r"}"#])
  }

  /// In a process of its own, because the environment is everybody's.
  @Test func theEnvironmentsProxyIsIgnored() async {
    await #expect(processExitsWith: .success) {
      for name in ["http_proxy", "HTTP_PROXY", "all_proxy"] {
        setenv(name, "http://127.0.0.1:1", 1)
      }
      let server = FakeServer([.answer(httpResponse(200, #"{"header":{}}"#))])
      let client = try open(server.address)
      guard client.invoke(write, timeout: long) == .ok(.integer(7)) else { exit(1) }
    }
  }

  @Test func aSlowTrickleEndsAtTheTimeout() throws {
    let text = httpResponse(200, #"{"header":{}}"#)
    let start = ContinuousClock.now
    let (answers, _) = try answers(
      [.trickle(text, 20), .trickle(text, 20)], to: [write, read], timeout: short)
    #expect(answers[0].isInfo("timeout:"))
    #expect(answers[1].isFail("timeout:"))
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  /// Every row of the table in `EtcdFailure`: status, code, message, and whether it is a promise.
  @Test(arguments: [
    (400, 3, "etcdserver: key is not provided", true),
    (400, 3, "illegal base64 data at input byte 0", true),
    (400, 3, "unexpected EOF", true),
    (400, 3, "etcdserver: request is too large", true),
    (400, 3, "etcdserver: revision of auth store is old", true),
    (400, 3, "etcdserver: user name is empty", true),
    (403, 7, "etcdserver: permission denied", true),
    (501, 12, "Not Implemented", true),
    (401, 16, "etcdserver: invalid auth token", true),
    (429, 8, "etcdserver: too many requests", true),
    (500, 2, "etcdserver: too many requests", true),
    (500, 2, "raft proposal dropped", true),
    (503, 14, "etcdserver: rpc not supported for learner", true),
    (429, 8, "etcdserver: mvcc: database space exceeded", false),
    (500, 2, "etcdserver: no space", false),
    (503, 14, "etcdserver: request timed out", false),
    (503, 14, "etcdserver: request timed out, possibly due to previous leader failure", false),
    (503, 14, "etcdserver: request timed out, possibly due to connection lost", false),
    (504, 4, "context deadline exceeded", false),
    (503, 14, "etcdserver: leader changed", false),
    (503, 14, "etcdserver: no leader", false),
    (400, 9, "etcdserver: not leader", false),
    (503, 14, "etcdserver: unhealthy cluster", false),
    (503, 14, "etcdserver: server stopped", false),
    (500, 2, "raft: stopped", false),
    (503, 14, "transport is closing", false),
    (499, 1, "etcdserver: request cancelled", false),
    (500, 15, "etcdserver: corrupt cluster", false),
    (500, 13, "something new", false),
  ])
  func anErrorOfEtcdIsClassified(
    status: Int, code: Int, message: String, isDefinite: Bool
  ) throws {
    let body = #"{"error":"\#(message)","message":"\#(message)","code":\#(code)}"#
    let step = FakeServer.Step.answer(httpResponse(status, body))
    let (answers, _) = try answers(
      [step, step, step], to: [write, cas(.integer(1), .integer(2)), read])
    let unknown: Outcome = isDefinite ? .fail : .info
    #expect(answers.map(\.outcome) == [unknown, unknown, .fail])
    #expect(answers.allSatisfy { $0.error == .string("etcd: " + message) })
  }

  @Test(arguments: [(404, "Not Found\n", true), (500, "oops", false), (502, "{}", false)])
  func anErrorThatIsNotEtcdsIsClassified(status: Int, body: String, isDefinite: Bool) throws {
    let (answers, _) = try answers([.answer(httpResponse(status, body))], to: [write])
    #expect(answers[0].outcome == (isDefinite ? .fail : .info))
  }
}

/// Gives the thread a mount namespace of its own. Swift does not import `unshare`.
private func unshareMounts() -> Int32 {
  guard let symbol = dlsym(nil, "unshare") else { return -1 }
  return unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Int32).self)(0x20000)
}

/// The copies of libcurl on this machine that the loader may find.
private func librariesOfCurl() -> [String] {
  var found = glob_t()
  defer { globfree(&found) }
  guard glob("/usr/lib/*/libcurl.so.4", 0, nil, &found) == 0 else { return [] }
  return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
}

@Suite(.enabled(if: geteuid() == 0, "hiding a library needs root"))
struct MissingLibraryTests {
  /// In a process and a mount namespace of its own, where libcurl is an empty file.
  @Test func aMissingLibraryNamesItsPackage() async {
    await #expect(processExitsWith: .success) {
      guard unshareMounts() == 0,
        mount("none", "/", nil, UInt(MS_REC | MS_PRIVATE), nil) == 0
      else { exit(2) }
      for path in librariesOfCurl() {
        guard mount("/dev/null", path, nil, UInt(MS_BIND), nil) == 0 else { exit(3) }
      }
      do throws(ClientError) {
        _ = try ClientKind.named("etcd").open(address: "n1:2379")
        exit(4)
      } catch .missingLibrary(let reason) {
        guard reason.contains("libcurl4") else { exit(5) }
      } catch {
        exit(6)
      }
    }
  }
}
