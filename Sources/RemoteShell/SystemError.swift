internal import Glibc

/// An error of the system.
struct SystemError: Error {
  let code: Int32
  var text: String { errorText(code) }
}

/// What the system calls an error.
func errorText(_ code: Int32) -> String {
  var buffer = [CChar](repeating: 0, count: 200)
  guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
  return buffer.withUnsafeBufferPointer { text in
    // strerror_r ends the text with a zero within the buffer.
    text.baseAddress.map { String(cString: $0) } ?? ""
  }
}
