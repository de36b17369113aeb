import Histories

/// What etcd's answer says when its status is not 200, and whether it promises no effect.
///
/// How operations end, read off etcd 3.4's sources. A read has no effect whatever happens, so that
/// one that did not succeed is always `fail`, after a timeout too.
///
/// | what the client saw | write, cas | why |
/// |---|---|---|
/// | refused, unreachable, name or TLS failure, timeout while connecting | fail | nothing was sent |
/// | timeout, reset or end of the stream after that | info | it may have been proposed |
/// | reply longer than 1 MiB, not HTTP, or not what etcd answers | info | it was received |
/// | cas with `succeeded` absent or false | fail | carried out, without effect |
/// | code 3: no or bad key, bad JSON, too large, stale auth revision, no user | fail | refused before proposing, or alike by every replica before its store |
/// | code 7: permission denied | fail | refused alike by every replica before its store |
/// | code 12, or 404 without JSON: no such method | fail | nobody received it |
/// | code 16: invalid auth token | fail | refused before proposing |
/// | `too many requests` | fail | refused before proposing |
/// | `raft proposal dropped` | fail | refused by the node's own raft, neither appended nor forwarded |
/// | `rpc not supported for learner` | fail | refused before proposing |
/// | `database space exceeded`, `no space` | info | when the quota is crossed at the time of applying, etcd applies the request and then says this |
/// | `request timed out` (all variants), `context deadline exceeded` | info | proposed, and may yet commit |
/// | `leader changed`, `no leader`, `not leader`, `unhealthy cluster` | info | for the most part before proposing, but no promise |
/// | `server stopped`, `raft: stopped`, `transport is closing`, `request cancelled` | info | may come after proposing |
/// | `corrupt cluster`, and everything else | info | in doubt |
struct EtcdFailure {
  /// `etcd: the message`, bounded.
  let reason: String
  /// Whether the request certainly had no effect.
  let isDefinite: Bool

  /// gRPC's codes that etcd 3.4 gives to a put or txn only where it had no effect:
  /// INVALID_ARGUMENT, PERMISSION_DENIED, UNIMPLEMENTED, UNAUTHENTICATED.
  private static let definiteCodes: Set<Int64> = [3, 7, 12, 16]

  /// Messages that promise no effect although their codes do not: some come with code 2, unknown,
  /// because etcd does not map them.
  private static let definiteMessages: Set<String> = [
    "etcdserver: too many requests",
    "etcdserver: rpc not supported for learner",
    "raft proposal dropped",
  ]

  init(status: Int, body: [UInt8]) {
    guard case .object(let fields)? = try? Value(json: body),
      case .integer(let code)? = fields["code"]
    else {
      reason = "reply: HTTP status \(status): \(ErrorText.bounded(body))"
      isDefinite = status == 404
      return
    }
    // Later versions call it "message" only.
    var message = "code \(code)"
    if case .string(let text)? = fields["message"] ?? fields["error"] { message = text }
    reason = "etcd: \(ErrorText.bounded(message))"
    isDefinite = Self.definiteCodes.contains(code) || Self.definiteMessages.contains(message)
  }
}
