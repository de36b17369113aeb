internal import CSSH2
internal import FoundationEssentials
internal import Glibc
internal import Synchronization

/// What the policy's files know about one host, and whether the key that it shows agrees.
///
/// libssh2 compares names, hashed ones too; reading the files line by line is done here, so that
/// one line that it does not understand does not hide the others.
final class KnownHosts {
  /// The host keys that libssh2 can check, best first, with its number for each.
  private static let types: [(name: String, code: Int32)] = [
    ("ssh-ed25519", LIBSSH2_HOSTKEY_TYPE_ED25519),
    ("ecdsa-sha2-nistp256", LIBSSH2_HOSTKEY_TYPE_ECDSA_256),
    ("ecdsa-sha2-nistp384", LIBSSH2_HOSTKEY_TYPE_ECDSA_384),
    ("ecdsa-sha2-nistp521", LIBSSH2_HOSTKEY_TYPE_ECDSA_521),
    ("ssh-rsa", LIBSSH2_HOSTKEY_TYPE_RSA),
  ]
  /// Held while a new key is checked and added, so that it is added once.
  private static let additions = Mutex(())

  private let session: OpaquePointer
  private let endpoint: Endpoint
  private let policy: HostKeyPolicy
  private let hosts: OpaquePointer
  private var revoked: Set<Substring> = []

  /// Reads the policy's files. Libssh2's session must outlive this.
  init(
    session: OpaquePointer, endpoint: Endpoint, policy: HostKeyPolicy
  ) throws(ShellError.Reason) {
    guard let hosts = libssh2_knownhost_init(session) else {
      throw .resources("libssh2 has no memory")
    }
    self.session = session
    self.endpoint = endpoint
    self.policy = policy
    self.hosts = hosts
    for file in policy.files { try read(file) }
  }

  deinit { libssh2_knownhost_free(hosts) }

  /// The types to ask the host for: the known ones first, or it might show a key of another type
  /// that nobody can compare.
  var preferredKeyTypes: String {
    let known = knownTypes
    return (known + Self.types.map(\.name).filter { !known.contains($0) }).joined(separator: ",")
  }

  /// Compares the key that the host has shown.
  func check() throws(ShellError.Reason) {
    let key = shownKey
    guard !revoked.contains(key.base64[...]) else { throw refusal(.revoked, key) }
    switch compare(key.bytes, type: key.type) {
    case LIBSSH2_KNOWNHOST_CHECK_MATCH: return
    case LIBSSH2_KNOWNHOST_CHECK_MISMATCH: throw refusal(.changed, key)
    default:
      let known = knownTypes
      guard known.isEmpty else { throw refusal(.otherTypes(known), key) }
      guard let file = policy.additions else { throw refusal(.unknown, key) }
      try add(key, to: file)
    }
  }

  private struct Key {
    let bytes: [UInt8]
    let type: Int32
    let base64: String
  }

  private var shownKey: Key {
    var size = 0
    var type: Int32 = 0
    guard let start = libssh2_session_hostkey(session, &size, &type) else {
      return Key(bytes: [], type: LIBSSH2_HOSTKEY_TYPE_UNKNOWN, base64: "")
    }
    // The key belongs to the session; it is copied.
    let bytes = UnsafeRawBufferPointer(start: start, count: size)
    return Key(bytes: Array(bytes), type: type, base64: Data(bytes).base64EncodedString())
  }

  private var knownTypes: [String] {
    // A key that is none finds out whether the host has an entry of the type at all.
    Self.types.filter { compare([0], type: $0.code) == LIBSSH2_KNOWNHOST_CHECK_MISMATCH }
      .map(\.name)
  }

  private func compare(_ key: [UInt8], type: Int32) -> Int32 {
    guard type != LIBSSH2_HOSTKEY_TYPE_UNKNOWN else { return LIBSSH2_KNOWNHOST_CHECK_NOTFOUND }
    // In known hosts the types have the host keys' numbers plus one.
    let form =
      LIBSSH2_KNOWNHOST_TYPE_PLAIN | LIBSSH2_KNOWNHOST_KEYENC_RAW
      | (type + 1) << LIBSSH2_KNOWNHOST_KEY_SHIFT
    return key.withUnsafeBytes { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        libssh2_knownhost_checkp(
          hosts, endpoint.host.lowercased(), Int32(endpoint.port), $0.baseAddress, $0.count, form,
          nil)
      }
    }
  }

  private func refusal(_ problem: HostKeyRefusal.Problem, _ key: Key) -> ShellError.Reason {
    var fingerprint = "unknown"
    if let hash = libssh2_hostkey_hash(session, LIBSSH2_HOSTKEY_HASH_SHA256) {
      let text = Data(UnsafeRawBufferPointer(start: hash, count: 32)).base64EncodedString()
      fingerprint = "SHA256:" + text.filter { $0 != "=" }
    }
    return .hostKey(
      HostKeyRefusal(
        problem: problem, fingerprint: fingerprint, line: line(key),
        files: policy.files))
  }

  private func line(_ key: Key) -> String {
    let host = endpoint.host.lowercased()
    let name = endpoint.port == 22 ? host : "[\(host)]:\(endpoint.port)"
    let type = Self.types.first { $0.code == key.type }?.name ?? "unknown"
    return "\(name) \(type) \(key.base64)"
  }

  private func read(_ file: String) throws(ShellError.Reason) {
    let bytes: [UInt8]
    do {
      bytes = try readFile(file, limit: 16 << 20)
    } catch {
      if error.code == ENOENT { return }
      throw .knownHosts(path: file, detail: error.text)
    }
    let text = String(decoding: bytes, as: UTF8.self)
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.split(whereSeparator: \.isWhitespace)
      if words.first == "@revoked", words.count > 3 { revoked.insert(words[3]) }
      if line.hasPrefix("@") { continue }
      libssh2_knownhost_readline(
        hosts, String(line), line.utf8.count, LIBSSH2_KNOWNHOST_FILE_OPENSSH)
    }
  }

  /// Adds a key unless another connection has added one since the file was read.
  private func add(_ key: Key, to file: String) throws(ShellError.Reason) {
    let failure: ShellError.Reason? = Self.additions.withLock { _ in
      do throws(ShellError.Reason) {
        try read(file)
        switch compare(key.bytes, type: key.type) {
        case LIBSSH2_KNOWNHOST_CHECK_MATCH: return nil
        case LIBSSH2_KNOWNHOST_CHECK_MISMATCH: return refusal(.changed, key)
        default:
          try append(line(key), to: file)
          return nil
        }
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  private func append(_ line: String, to file: String) throws(ShellError.Reason) {
    let descriptor = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .knownHosts(path: file, detail: errorText(errno)) }
    defer { Glibc.close(descriptor) }
    let last = (try? readFile(file, limit: 16 << 20))?.last ?? UInt8(ascii: "\n")
    let bytes = Array((last == UInt8(ascii: "\n") ? line + "\n" : "\n" + line + "\n").utf8)
    guard write(descriptor, bytes, bytes.count) == bytes.count else {
      throw .knownHosts(path: file, detail: errorText(errno))
    }
  }
}
