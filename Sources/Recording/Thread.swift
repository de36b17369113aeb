import Glibc

/// Starts a detached thread, outside Swift's cooperative pool, which must not be blocked.
///
/// Returns pthread's error code, 0 where the thread runs.
func startThread(_ run: @escaping @Sendable () -> Void) -> Int32 {
  let context = Unmanaged.passRetained(ThreadBody(run: run))
  var thread = pthread_t()
  let code = pthread_create(
    &thread, nil,
    { context in
      if let context { Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run() }
      return nil
    }, context.toOpaque())
  if code == 0 { pthread_detach(thread) } else { context.release() }
  return code
}

private final class ThreadBody {
  let run: @Sendable () -> Void

  init(run: @escaping @Sendable () -> Void) { self.run = run }
}
