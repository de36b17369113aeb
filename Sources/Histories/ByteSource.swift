internal import Glibc

/// Reads a file descriptor, or bytes in memory, through one buffer whose unread part stays contiguous.
///
/// It reads by `read(2)` rather than by mapping the file: pipes work, and a file that another
/// process truncates gives an early end instead of a SIGBUS.
struct ByteSource: ~Copyable {
  private let descriptor: CInt
  private let isOwned: Bool
  /// What was read; the part from `start` on is not consumed yet.
  private(set) var buffer: [UInt8] = []
  /// Where the part of the buffer that is not consumed begins.
  private(set) var start = 0
  /// Whether the end of the file was reached.
  private(set) var isAtEnd = false

  /// Reads from a descriptor that the caller keeps and closes.
  init(descriptor: CInt) {
    self.descriptor = descriptor
    isOwned = false
  }

  /// Reads from bytes in memory.
  init(bytes: [UInt8]) {
    descriptor = -1
    isOwned = false
    buffer = bytes
    isAtEnd = true
  }

  /// Opens a file and closes it in the end.
  init(path: String) throws(SystemError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw SystemError(number: errno) }
    self.descriptor = descriptor
    isOwned = true
  }

  deinit {
    if isOwned { close(descriptor) }
  }

  /// How many bytes are at hand.
  var available: Int { buffer.count - start }

  /// Marks the next bytes as consumed.
  mutating func consume(_ count: Int) {
    start += count
  }

  /// The offset from `start` of the first such byte at or after `from`; nil if none is at hand.
  func offset(of byte: UInt8, from: Int) -> Int? {
    // Safe: the pointer does not leave the closure, and memchr stays within the count.
    buffer.withUnsafeBytes { bytes in
      let first = start + from
      guard first < bytes.count, let base = bytes.baseAddress,
        let found = memchr(base + first, CInt(byte), bytes.count - first)
      else { return nil }
      return UnsafeRawPointer(found) - (base + start)
    }
  }

  /// Reads more; says false at the end of the file.
  ///
  /// What is consumed is dropped first, so that the buffer grows only with what is pending.
  mutating func fill() throws(SystemError) -> Bool {
    if isAtEnd { return false }
    if start > 0 {
      buffer.removeSubrange(..<start)
      start = 0
    }
    let chunk = max(1 << 16, available)
    let old = buffer.count
    buffer.append(contentsOf: [UInt8](repeating: 0, count: chunk))
    var count: Int
    repeat {
      // Safe: the pointer does not leave the closure, and `chunk` bytes follow `old`.
      count = buffer.withUnsafeMutableBytes { bytes in
        guard let base = bytes.baseAddress else { return 0 }
        return read(descriptor, base + old, chunk)
      }
    } while count < 0 && errno == EINTR
    let failure = errno
    buffer.removeLast(chunk - max(count, 0))
    if count < 0 { throw SystemError(number: failure) }
    isAtEnd = count == 0
    return !isAtEnd
  }
}

/// An error number of the operating system.
struct SystemError: Error, CustomStringConvertible {
  var number: CInt

  var description: String {
    guard let text = strerror(number) else { return "error \(number)" }
    return String(cString: text)
  }
}
