import Histories

/// A register per key in etcd (version 3.4 or later), over the JSON gateway.
///
/// | f | value | request | `ok` with |
/// |---|---|---|---|
/// | `read` | | `/v3/kv/range` | the value; null where the key does not exist |
/// | `write` | the value | `/v3/kv/put` | the value |
/// | `cas` | `[expected, new]` | `/v3/kv/txn` | `[expected, new]` |
///
/// A value is stored as its JSON text, so that every value comes back as it was. A cas compares the
/// stored text, or for an expected null that the key was never created. Null itself cannot be
/// written: it is what a missing key reads as. A cas whose comparison failed is `fail`; it was
/// carried out and changed nothing.
///
/// How an error ends an operation is in `EtcdFailure`.
final class EtcdClient: Client {
  static let parameters = [
    ClientParameter(
      name: "read", summary: "whether a read asks the leader or trusts its node",
      defaultValue: .string("linearizable"), choices: ["linearizable", "serializable"]),
    ClientParameter(
      name: "prefix", summary: "what every key in etcd begins with",
      defaultValue: .string("faultline/"), choices: nil),
  ]

  private let connection: HTTPConnection
  private let prefix: String
  private let serializable: Bool

  /// `parameters` has every one of `Self.parameters`, checked.
  init(address: String, parameters: [String: Value]) throws(ClientError) {
    connection = try HTTPConnection(base: Self.base(of: address))
    serializable = parameters["read"] == .string("serializable")
    if case .string(let text)? = parameters["prefix"] { prefix = text } else { prefix = "" }
  }

  func close() { connection.close() }

  func invoke(_ request: ClientRequest, timeout: Duration) -> ClientResponse {
    guard let call = call(for: request) else {
      return .fail("client: \(Self.complaint(about: request))")
    }
    switch connection.post(call.path, Array(call.body.json.utf8), timeout: timeout) {
    case .notSent(let reason):
      return .fail(reason)
    case .lost(let reason):
      return call.failed(reason)
    case .reply(status: 200, let body):
      if let response = (try? Value(json: body)).flatMap(call.understand) { return response }
      // Whoever answers like this may not be etcd, or no longer in step with us.
      connection.close()
      return call.failed("reply: not understood: \(ErrorText.bounded(body))")
    case .reply(let status, let body):
      let failure = EtcdFailure(status: status, body: body)
      return failure.isDefinite ? .fail(failure.reason) : call.failed(failure.reason)
    }
  }

  /// `address` as the beginning of a URL, without a path.
  private static func base(of address: String) throws(ClientError) -> String {
    let text = address.contains("://") ? address : "http://" + address
    for scheme in ["http://", "https://"] where text.hasPrefix(scheme) {
      var host = text.dropFirst(scheme.count)
      if host.last == "/" { host.removeLast() }
      let isPlain = host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
      if isPlain && !host.isEmpty { return scheme + host }
    }
    throw .badAddress(address)
  }
}

/// One request to the gateway and how its answer is read.
private struct EtcdCall {
  var path: String
  var body: Value
  /// Whether it may change anything: only then is an unknown end `info`.
  var mutates: Bool
  /// What a complete answer with status 200 means; nil where it has the wrong shape.
  var understand: ([String: Value]) -> ClientResponse?

  func understand(_ answer: Value) -> ClientResponse? {
    // Every genuine answer of etcd has a header.
    guard case .object(let fields) = answer, case .object? = fields["header"] else { return nil }
    return understand(fields)
  }

  func failed(_ reason: String) -> ClientResponse { mutates ? .info(reason) : .fail(reason) }
}

extension EtcdClient {
  private func call(for request: ClientRequest) -> EtcdCall? {
    let key = storedKey(request.key)
    switch (request.f, request.value) {
    case ("read", _):
      return read(key)
    case ("write", let value?) where value != .null:
      return write(value, to: key)
    case ("cas", .array(let pair)?) where pair.count == 2 && pair[1] != .null:
      return cas(from: pair[0], to: pair[1], at: key)
    default:
      return nil
    }
  }

  private static func complaint(about request: ClientRequest) -> String {
    switch request.f {
    case "write": "a write needs a value other than null"
    case "cas": "a cas needs [expected, new], where new is not null"
    default: "etcd has no function '\(ErrorText.bounded(request.f))': it has read, write, cas"
    }
  }

  /// A string key stands for itself, so that `etcdctl get` finds it; `"1"` and `1` stay apart.
  private func storedKey(_ key: Value?) -> Value {
    let name =
      switch key {
      case nil: "register"
      case .string(let text)?: "key/" + text
      case let other?: "json/" + other.json
      }
    return .string(Base64.encode((prefix + name).utf8))
  }

  private func stored(_ value: Value) -> Value {
    .string(Base64.encode(value.json.utf8))
  }

  private func read(_ key: Value) -> EtcdCall {
    var body: [String: Value] = ["key": key]
    if serializable { body["serializable"] = .bool(true) }
    return EtcdCall(path: "/v3/kv/range", body: .object(body), mutates: false) { answer in
      guard let found = answer["kvs"] else { return .ok(.null) }
      guard case .array(let pairs) = found, pairs.count == 1, case .object(let pair) = pairs[0],
        pair["key"] == key, case .string(let text)? = pair["value"],
        let value = Base64.decode(text).flatMap({ try? Value(json: $0) })
      else { return nil }
      return .ok(value)
    }
  }

  private func write(_ value: Value, to key: Value) -> EtcdCall {
    let body: Value = .object(["key": key, "value": stored(value)])
    return EtcdCall(path: "/v3/kv/put", body: body, mutates: true) { _ in .ok(value) }
  }

  private func cas(from expected: Value, to new: Value, at key: Value) -> EtcdCall {
    var compare: [String: Value] = ["key": key, "result": .string("EQUAL")]
    if expected == .null {
      compare["target"] = .string("CREATE")
      compare["create_revision"] = .string("0")
    } else {
      compare["target"] = .string("VALUE")
      compare["value"] = stored(expected)
    }
    let put: Value = .object(["request_put": .object(["key": key, "value": stored(new)])])
    let body: Value = .object(["compare": .array([.object(compare)]), "success": .array([put])])
    return EtcdCall(path: "/v3/kv/txn", body: body, mutates: true) { answer in
      switch answer["succeeded"] {
      case .bool(true)?: .ok(.array([expected, new]))
      // The gateway leaves out what is false.
      case nil, .bool(false)?: .fail("compare: the value was not the expected one")
      default: nil
      }
    }
  }
}
