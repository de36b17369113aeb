internal import FoundationEssentials
internal import Glibc

/// A program of this machine, in a session of its own: no terminal to ask somebody at, and no
/// Ctrl-C that is meant for us. It belongs to one thread, and is dead when this ends.
final class ChildProcess {
  /// Where its standard error goes.
  enum Errors {
    case socket
    case file(String)
  }

  /// Our ends of its streams, non-blocking; negative where closed or where there is none.
  private(set) var input: Int32 = -1
  private(set) var output: Int32 = -1
  private(set) var errors: Int32 = -1
  private var pid: pid_t = 0
  private var ended: Int32?

  /// Starts a program that is found by `PATH`, with `variables` added to our environment.
  init(
    _ arguments: [String], variables: [String: String] = [:], errors destination: Errors = .socket
  ) throws(SystemError) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var theirs: [Int32] = []
    defer { for descriptor in theirs { Glibc.close(descriptor) } }
    func stream(_ number: Int32) throws(SystemError) -> Int32 {
      var ends: [Int32] = [-1, -1]
      let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
      guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw SystemError(code: errno) }
      theirs.append(ends[1])
      _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
      posix_spawn_file_actions_adddup2(&actions, ends[1], number)
      return ends[0]
    }
    do throws(SystemError) {
      input = try stream(0)
      output = try stream(1)
      switch destination {
      case .socket: errors = try stream(2)
      case .file(let path):
        posix_spawn_file_actions_addopen(
          &actions, 2, path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
      }
      pid = try Self.spawn(arguments, variables, &actions)
    } catch {
      closeAll()
      throw error
    }
  }

  deinit {
    closeAll()
    if status() == nil {
      kill(pid, SIGKILL)
      waitpid(pid, nil, 0)
    }
  }

  /// The exit status, or 128 plus the number of the signal that ended it; nil while it runs.
  func status() -> Int32? {
    if ended == nil {
      var word: Int32 = 0
      guard waitpid(pid, &word, WNOHANG) == pid else { return nil }
      ended = word & 0x7f == 0 ? word >> 8 & 0xff : 128 + word & 0x7f
    }
    return ended
  }

  /// Sends as much of the input as it takes now, then its end. A program that reads no more than it
  /// wants is none of our business.
  func feed(_ rest: inout ArraySlice<UInt8>) {
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        send(input, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EAGAIN { return }
      rest = count > 0 ? rest.dropFirst(count) : []
    }
    Self.close(&input)
  }

  func drainOutput(_ take: (ArraySlice<UInt8>) -> Void) { Self.drain(&output, take) }
  func drainErrors(_ take: (ArraySlice<UInt8>) -> Void) { Self.drain(&errors, take) }

  /// Reads what a stream has now, at most so much that others get their turn; closes it at its end.
  private static func drain(_ descriptor: inout Int32, _ take: (ArraySlice<UInt8>) -> Void) {
    guard descriptor >= 0 else { return }
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    let count = read(descriptor, &buffer, buffer.count)
    if count > 0 { return take(buffer[..<count]) }
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    close(&descriptor)
  }

  private static func close(_ descriptor: inout Int32) {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  private func closeAll() {
    Self.close(&input)
    Self.close(&output)
    Self.close(&errors)
  }

  /// `POSIX_SPAWN_SETSID`, which is not imported.
  private static let setsid: Int16 = 0x80

  private static func spawn(
    _ arguments: [String], _ variables: [String: String],
    _ actions: inout posix_spawn_file_actions_t
  ) throws(SystemError) -> pid_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Our threads take no signals; a program must.
    var all = sigset_t()
    var none = sigset_t()
    sigfillset(&all)
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK) | setsid)
    let environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
    var argv = arguments.map { strdup($0) } + [nil]
    var envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in argv + envp { free(text) } }
    var pid: pid_t = 0
    let code = posix_spawnp(&pid, arguments[0], &actions, &attributes, &argv, &envp)
    guard code == 0 else { throw SystemError(code: code) }
    return pid
  }
}
