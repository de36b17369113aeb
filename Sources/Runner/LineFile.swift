import Glibc
import Histories
import Synchronization

/// A file that grows by a JSON object a line, each written at once.
public final class LineFile: Sendable {
  private let path: String
  private let descriptor: Int32
  private let failure = Mutex<OutputError?>(nil)

  /// Makes a file of a run's folder, which must not be there yet.
  public convenience init(_ name: String, in directory: RunDirectory) throws(OutputError) {
    try self.init("\(directory.path)/\(name)", flags: O_EXCL)
  }

  /// Goes on with a file, or makes it and the folder that it is in.
  convenience init(appendingTo path: String) throws(OutputError) {
    if let slash = path.lastIndex(of: "/") {
      try RunDirectory.makeFolders(String(path[..<slash]))
    }
    try self.init(path, flags: 0)
  }

  private init(_ path: String, flags: Int32) throws(OutputError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0o644)
    if descriptor < 0 { throw OutputError(path: path, code: errno) }
  }

  deinit { close(descriptor) }

  /// Why a line could not be written; nil where all were.
  public var error: OutputError? { failure.withLock { $0 } }

  func append(_ value: Value) {
    let bytes = Array((value.json + "\n").utf8)
    failure.withLock { failure in
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count != bytes.count, failure == nil {
        failure = OutputError(path: path, code: count < 0 ? errno : ENOSPC)
      }
    }
  }
}
