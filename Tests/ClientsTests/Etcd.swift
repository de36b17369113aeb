import FoundationEssentials
import Glibc
import Testing

@testable import Clients

struct POSIXFailure: Error, CustomStringConvertible {
  let description: String

  init(_ action: String) { description = "\(action): \(String(cString: strerror(errno)))" }
}

/// A single etcd on loopback in a directory of its own. Dead and gone when it ends.
final class Etcd {
  let port = freePort()
  private let peerPort = freePort()
  private let directory: String
  private var pid: pid_t = 0
  private let extra: [String]

  static let isInstalled: Bool = ["/usr/bin/etcd", "/usr/local/bin/etcd"].contains(
    where: isExecutable)

  var address: String { "127.0.0.1:\(port)" }

  init(_ extra: [String] = []) throws {
    self.extra = extra
    var template = Array("/tmp/faultline-etcd-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw POSIXFailure("mkdtemp") }
    directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    try start()
  }

  deinit {
    kill()
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// Starts it and waits until it answers.
  func start() throws {
    let (client, peer) = ("http://127.0.0.1:\(port)", "http://127.0.0.1:\(peerPort)")
    pid = try spawn(
      [
        "etcd", "--name", "n1", "--data-dir", directory + "/data",
        "--listen-client-urls", client, "--advertise-client-urls", client,
        "--heartbeat-interval", "20", "--election-timeout", "200",
        "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
        "--initial-cluster", "n1=" + peer, "--logger", "zap", "--log-outputs",
        directory + "/log",
      ] + extra)
    let probe = try ClientKind.named("etcd").open(address: address)
    defer { probe.close() }
    for _ in 0..<200 {
      let answer = probe.invoke(ClientRequest(f: "read"), timeout: .milliseconds(500))
      if answer.error == nil { return }
      usleep(50_000)
    }
    let log = FileManager.default.contents(atPath: directory + "/log") ?? Data()
    Issue.record("etcd does not answer: \(String(decoding: log.suffix(2000), as: UTF8.self))")
  }

  func pause() { Glibc.kill(pid, SIGSTOP) }

  func resume() { Glibc.kill(pid, SIGCONT) }

  func kill() {
    guard pid > 0 else { return }
    Glibc.kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
    pid = 0
  }
}

private func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

/// Starts a program with its output thrown away. It dies with this process.
private func spawn(_ command: [String]) throws -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  for descriptor: Int32 in [1, 2] {
    posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
  }
  var strings = (["setpriv", "--pdeathsig", "KILL"] + command).map { strdup($0) } + [nil]
  defer { for string in strings { free(string) } }
  var pid: pid_t = 0
  errno = posix_spawnp(&pid, "setpriv", &actions, nil, &strings, environ)
  guard errno == 0 else { throw POSIXFailure("posix_spawnp") }
  return pid
}

/// A TCP port of loopback that was free a moment ago.
func freePort() -> Int {
  let listener = Listener()
  return listener.port
}

/// A listening socket on loopback.
final class Listener {
  let descriptor: Int32
  let port: Int

  init() {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = descriptor
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        _ = bind(listener, address, length)
        getsockname(listener, address, &length)
      }
    }
    port = Int(UInt16(bigEndian: address.sin_port))
  }

  private var fillers: [Int32] = []

  deinit { for socket in fillers + [descriptor] { Glibc.close(socket) } }

  /// Listens and lets no further connection be made.
  func fillQueue() {
    listen(descriptor, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
    for _ in 0..<4 {
      let filler = socket(
        AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
      withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
          _ = connect(filler, address, length)
        }
      }
      fillers.append(filler)
    }
  }
}
