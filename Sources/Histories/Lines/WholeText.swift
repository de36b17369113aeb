internal import Glibc

/// A whole text in memory, with zero bytes behind it so that words can be loaded anywhere in it.
///
/// It is read by `read(2)` rather than by mapping the file: pipes work, and a file that another process cuts
/// off while it is judged gives an early end instead of a SIGBUS.
struct WholeText {
  static let padding = 64

  /// The text and the padding.
  private(set) var bytes: [UInt8]
  /// How many bytes the text has.
  var count: Int { bytes.count - Self.padding }

  /// A text that is in memory already.
  init(_ text: [UInt8]) { bytes = text + repeatElement(0, count: Self.padding) }

  /// All that the descriptor still gives.
  init(restOf descriptor: CInt) throws(SystemError) {
    var status = stat()
    let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    // A byte more than a file has, so that its end shows without more room.
    var room = isFile ? Int(status.st_size) + 1 : 1 << 20
    bytes = []
    bytes.reserveCapacity(room + Self.padding)
    while try fill(room, from: descriptor) { room = bytes.count }
    bytes += repeatElement(0, count: Self.padding)
  }

  /// The text alone; nothing is left of this one.
  consuming func withoutPadding() -> [UInt8] {
    var text = bytes
    bytes = []
    text.removeLast(Self.padding)
    return text
  }

  /// Reads until there is no more room, and says true; or to the end, and says false.
  private mutating func fill(_ room: Int, from descriptor: CInt) throws(SystemError) -> Bool {
    var failure: CInt?
    var isAtEnd = false
    bytes.append(addingCapacity: room) { output in
      // Safe: the pointer does not leave the closure, and what read(2) wrote counts as initialized.
      output.withUnsafeMutableBufferPointer { buffer, count in
        guard let base = buffer.baseAddress else { return }
        askForLargePages(base, buffer.count)
        while count < buffer.count {
          let got = read(descriptor, base + count, buffer.count - count)
          if got > 0 {
            count += got
          } else if got == 0 {
            isAtEnd = true
            return
          } else if errno != EINTR {
            failure = errno
            return
          }
        }
      }
    }
    if let failure { throw SystemError(number: failure) }
    return !isAtEnd
  }
}

/// Memory that is written once from end to end is had sooner in large pages. If the kernel has none, nothing
/// changes.
private func askForLargePages(_ base: UnsafeMutableRawPointer, _ count: Int) {
  let page = 1 << 21
  let start = (Int(bitPattern: base) + page - 1) & ~(page - 1)
  let length = Int(bitPattern: base) + count - start
  guard length >= page, let aligned = UnsafeMutableRawPointer(bitPattern: start) else { return }
  // Safe: it changes how memory is mapped, not what it holds.
  madvise(aligned, length, MADV_HUGEPAGE)
}
