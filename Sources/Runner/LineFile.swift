import Glibc
import Histories
import Synchronization

/// A file of the run's folder that grows by a JSON object a line, each written at once.
public final class LineFile: Sendable {
  private let path: String
  private let descriptor: Int32
  private let failure = Mutex<OutputError?>(nil)

  /// Makes the file.
  public init(_ name: String, in directory: RunDirectory) throws(OutputError) {
    path = "\(directory.path)/\(name)"
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
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
