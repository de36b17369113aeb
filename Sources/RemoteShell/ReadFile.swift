internal import Glibc

/// The bytes of a file of at most `limit` bytes.
func readFile(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { throw SystemError(code: errno) }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 16 << 10)
  while true {
    let count = read(descriptor, &buffer, buffer.count)
    guard count >= 0 else { throw SystemError(code: errno) }
    if count == 0 { return bytes }
    bytes += buffer[..<count]
    if bytes.count > limit { throw SystemError(code: EFBIG) }
  }
}
