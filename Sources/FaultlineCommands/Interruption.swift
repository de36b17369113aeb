import Glibc
import Reports
import Runner
import Synchronization

/// SIGINT, SIGTERM and SIGHUP: the first asks to stop, which heals; the second leaves at once.
///
/// A signal handler may do next to nothing, so ours writes the signal's number into a pipe, and a
/// thread reads it there. Handlers, unlike ignored or blocked signals, are not inherited by the
/// programs that we start.
enum Interruption {
  /// Where the handler writes to; a plain atomic, so that the handler may use it.
  private static let pipeEnd = Atomic<Int32>(-1)
  private static let received = Atomic<Int32>(0)

  /// The exit status that the first signal asked for; nil where there was none.
  static var status: ExitStatus? {
    switch received.load(ordering: .relaxed) {
    case 0: nil
    case SIGINT: .interrupted
    default: .terminated
    }
  }

  /// Keeps a reader that goes away from killing us before anything is healed.
  static func ignoreBrokenPipes() {
    install(SIGPIPE) { _ in }
  }

  /// Calls `first` at the first signal; at the second prints `advice` and exits.
  static func handle(advice: String, first: @escaping @Sendable () -> Void) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let readEnd = ends[0]
    pipeEnd.store(ends[1], ordering: .relaxed)
    startReader(readEnd, advice, first)
    for signal in [SIGINT, SIGTERM, SIGHUP] {
      install(signal) { number in
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(Interruption.pipeEnd.load(ordering: .relaxed), &byte, 1)
      }
    }
  }

  private static func install(_ signal: Int32, _ handler: @escaping @convention(c) (Int32) -> Void)
  {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = handler
    action.sa_flags = SA_RESTART
    sigaction(signal, &action, nil)
  }

  private static func startReader(
    _ readEnd: Int32, _ advice: String, _ first: @escaping @Sendable () -> Void
  ) {
    let body: @Sendable () -> Void = {
      var byte: UInt8 = 0
      while read(readEnd, &byte, 1) == 1 {
        if received.exchange(Int32(byte), ordering: .relaxed) == 0 {
          first()
        } else {
          Output.error("\n" + advice)
          _exit(Int32(128) + Int32(byte))
        }
      }
    }
    Task.detached { await onDedicatedThread(body) }
  }
}
