internal import FoundationEssentials
internal import Glibc

/// A folder for control sockets that nobody else can look into; gone with this.
final class PrivateFolder: Sendable {
  let path: String

  /// OpenSSH binds a socket under its name and 17 characters more, and a socket's path has at most
  /// 107.
  private static let longestPath = 107 - 17 - "/faultline-XXXXXX/999999".utf8.count

  init() throws(SystemError) {
    let wanted = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    let parent = wanted.hasPrefix("/") && wanted.utf8.count <= Self.longestPath ? wanted : "/tmp"
    var template = Array("\(parent)/faultline-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemError(code: errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String, mode: mode_t) throws(SystemError) {
    let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw SystemError(code: errno) }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
      throw SystemError(code: errno)
    }
  }
}
