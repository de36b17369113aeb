import Glibc

/// Why a history can no longer be recorded.
public struct RecorderError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file that was written.
  public let path: String
  /// What was attempted: `create`, `start a thread`, `write`, `sync`, or `record` on a recorder
  /// that was closed.
  public let action: String
  /// The system's `errno`.
  public let code: Int32

  /// What went wrong, in one line: `runs/x/history.jsonl: cannot write: No space left on device`.
  public var description: String {
    "\(path): cannot \(action): \(String(cString: strerror(code)))"
  }
}
