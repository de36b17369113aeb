import FoundationEssentials
import Glibc
import Randomness
import Subprocess

/// Bytes of every value in an order that repeats only after a stretch longer than any buffer.
func randomBytes(_ count: Int, seed: UInt64) -> [UInt8] {
  var random = SeededRandom(seed: seed)
  let stretch = (0..<99_991).map { _ in UInt8.random(in: 0...255, using: &random) }
  var bytes: [UInt8] = []
  while bytes.count < count { bytes += stretch.prefix(count - bytes.count) }
  return bytes
}

struct ToolFailure: Error {
  let text: String
}

/// Runs a program of this machine to its end and gives what it printed.
@discardableResult
func tool(_ name: String, _ arguments: [String], input: String = "") async throws -> String {
  let record = try await run(
    .name(name), arguments: Arguments(arguments), input: .string(input),
    output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
  guard case .exited(0) = record.terminationStatus else {
    throw ToolFailure(
      text: "\(name) \(arguments): \(record.terminationStatus) \(record.standardError)")
  }
  return record.standardOutput
}

func text(ofFile path: String) throws -> String {
  String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
}

func write(_ text: String, to path: String) throws {
  try Data(text.utf8).write(to: URL(filePath: path))
}

/// A directory that is gone when the closure ends.
func withScratch<T>(_ body: (String) async throws -> T) async throws -> T {
  var template = Array("/tmp/faultline-ssh-XXXXXX".utf8CString)
  let path: String? = template.withUnsafeMutableBufferPointer { name in
    // mkdtemp fills in the template, which ends with a zero.
    name.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
  }
  guard let path else { throw ToolFailure(text: "no directory in /tmp") }
  chmod(path, 0o755)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try await body(path)
}

/// The processes below a process, from /proc.
func descendants(of ancestor: pid_t) -> [pid_t] {
  let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
  var parents: [pid_t: pid_t] = [:]
  for process in entries.compactMap({ pid_t($0) }) {
    // The second field, in parentheses, may contain blanks; the parent is the second after it.
    guard let status = try? text(ofFile: "/proc/\(process)/stat") else { continue }
    let fields = status.split(separator: ")").last?.split(separator: " ") ?? []
    if fields.count > 1 { parents[process] = pid_t(fields[1]) }
  }
  var found: [pid_t] = []
  var next = [ancestor]
  while let parent = next.popLast() {
    let children = parents.filter { $0.value == parent }.map(\.key)
    found += children
    next += children
  }
  return found
}

/// A TCP socket of the loopback that never says anything.
final class SilentSocket: Sendable {
  let port: UInt16
  private let descriptor: Int32

  /// Listens on a free port with the shortest queue, or connects to the port.
  init(connectingTo target: UInt16? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = (target ?? 0).bigEndian
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = self.descriptor
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      // Every address structure may be passed as the general one of the same size.
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        target != nil
          ? connect(descriptor, $0, size)
          : bind(descriptor, $0, size) | listen(descriptor, 0)
            | getsockname(descriptor, $0, &size)
      }
    }
    guard code == 0 else { throw ToolFailure(text: "no free port") }
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(descriptor) }
}
