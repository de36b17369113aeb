import Glibc

/// The file of a recorded history: whole lines, appended.
///
/// Used by one thread at a time.
struct HistoryFile: ~Copyable {
  let path: String
  private let descriptor: Int32
  /// The bytes that were written, all of them in whole lines.
  private var length: off_t = 0
  /// How often write(2) was called.
  private(set) var writes = 0

  /// Creates the file. One that is there already is an error: a history is never overwritten.
  init(creating path: String) throws(RecorderError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw RecorderError(path: path, action: "create", code: errno) }
  }

  deinit { close(descriptor) }

  /// Writes whole lines. After an error the file ends with the last line that fitted.
  mutating func append(_ lines: [UInt8]) throws(RecorderError) {
    var done = 0
    while done < lines.count {
      let count = lines.withUnsafeBytes {
        write(descriptor, $0.baseAddress.map { $0 + done }, lines.count - done)
      }
      writes += 1
      if count < 0 && errno == EINTR { continue }
      if count <= 0 {
        let code = count < 0 ? errno : EIO
        let whole = lines[..<done].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        // What cannot be cut off stays as a partial last line, which readers recognise.
        _ = ftruncate(descriptor, length + off_t(whole))
        throw RecorderError(path: path, action: "write", code: code)
      }
      done += count
    }
    length += off_t(done)
  }

  /// Returns when everything written is on the disk.
  func sync() throws(RecorderError) {
    if fsync(descriptor) != 0 { throw RecorderError(path: path, action: "sync", code: errno) }
  }
}
