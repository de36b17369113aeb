import Glibc

/// Runs blocking work on a thread of its own, since Swift's cooperative pool must never be blocked.
public func onDedicatedThread<Result: Sendable>(
  _ body: @escaping @Sendable () -> Result
) async -> Result {
  await withCheckedContinuation { continuation in
    let work = Unmanaged.passRetained(ThreadWork { continuation.resume(returning: body()) })
    var thread = pthread_t()
    let error = pthread_create(
      &thread, nil,
      { argument in
        // The pointer is the retained ThreadWork of below, taken over by this thread alone.
        guard let argument else { return nil }
        Unmanaged<ThreadWork>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, work.toOpaque())
    guard error == 0 else {
      // Only a machine out of threads gets here: there is nothing left to go on with, and faults that
      // are in force are undone by `faultline heal`.
      fatalError("cannot create a thread: \(String(cString: strerror(error)))")
    }
    pthread_detach(thread)
  }
}

private final class ThreadWork: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
