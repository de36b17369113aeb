import Glibc

/// Starts to connect to an IPv4 or IPv6 address without waiting for the outcome.
/// - Returns: a non-blocking socket, or -1 with errno set.
func startConnecting(to ip: String, port: UInt16) -> Int32 {
  var v4 = sockaddr_in()
  v4.sin_family = sa_family_t(AF_INET)
  v4.sin_port = port.bigEndian
  if inet_pton(AF_INET, ip, &v4.sin_addr) == 1 { return startConnecting(family: AF_INET, &v4) }
  var v6 = sockaddr_in6()
  v6.sin6_family = sa_family_t(AF_INET6)
  v6.sin6_port = port.bigEndian
  guard inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1 else {
    errno = EINVAL
    return -1
  }
  return startConnecting(family: AF_INET6, &v6)
}

private func startConnecting<Address>(family: Int32, _ address: inout Address) -> Int32 {
  let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
  let descriptor = socket(family, Int32(type), 0)
  guard descriptor >= 0 else { return -1 }
  // The pointer lives for the call only, and the length is that of what it points to.
  let result = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
    }
  }
  if result == 0 || errno == EINPROGRESS { return descriptor }
  let reason = errno
  close(descriptor)
  errno = reason
  return -1
}

/// What became of a connection that was being made: 0, or an errno.
func connectionError(of descriptor: Int32) -> Int32 {
  var error: Int32 = 0
  var length = socklen_t(MemoryLayout<Int32>.size)
  return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno
}
