internal import Glibc

/// Runs the closure on a new thread of its own, outside of Swift's pool, where it may block.
///
/// The thread takes no signals, so that they reach the threads that expect them.
///
/// - Parameter name: what tools that list threads show; its first 15 bytes.
/// - Returns: whether the thread could be made.
nonisolated func startThread(
  _ name: String, _ body: @escaping @Sendable () -> Void
) -> Bool {
  final class Start: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var all = sigset_t()
  var before = sigset_t()
  sigfillset(&all)
  pthread_sigmask(SIG_SETMASK, &all, &before)
  defer { pthread_sigmask(SIG_SETMASK, &before, nil) }

  // One reference travels through C to the thread, which takes it over; if there is no thread,
  // it is taken back here.
  let start = Unmanaged.passRetained(
    Start {
      nameThisThread(name)
      body()
    })
  var thread = pthread_t()
  let failure = pthread_create(
    &thread, nil,
    { argument in
      if let argument { Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body() }
      return nil
    }, start.toOpaque())
  guard failure == 0 else {
    start.release()
    return false
  }
  pthread_detach(thread)
  return true
}

/// A pair of sockets of which a thread polls one so that others can wake it.
final class Wakeup: Sendable {
  /// Readable after `signal` until `clear`.
  let descriptor: Int32
  private let sender: Int32

  /// Nil where no descriptor is free.
  init?() {
    var ends: [Int32] = [-1, -1]
    let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    guard socketpair(AF_UNIX, Int32(type), 0, &ends) == 0 else { return nil }
    descriptor = ends[0]
    sender = ends[1]
  }

  deinit {
    close(descriptor)
    close(sender)
  }

  /// A full buffer is as good as one more byte.
  func signal() {
    var byte: UInt8 = 0
    _ = write(sender, &byte, 1)
  }

  func clear() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while read(descriptor, &bytes, bytes.count) > 0 {}
  }
}

/// A name is a courtesy: without it everything works.
private func nameThisThread(_ name: String) {
  let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
  guard file >= 0 else { return }
  _ = write(file, name, name.utf8.count)
  close(file)
}
