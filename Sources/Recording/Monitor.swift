import Glibc

/// A lock with a condition.
///
/// pthread's: `Synchronization.Mutex` hands itself over in the kernel under contention, which costs
/// tens of microseconds an operation where ten threads record.
///
/// `@unchecked Sendable`: the pointers are set once, to memory that lives until `deinit`, and what
/// they point at is used only through pthread's functions, which any thread may call.
final class Monitor: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func lock() { pthread_mutex_lock(mutex) }

  func unlock() { pthread_mutex_unlock(mutex) }

  /// Waits for `broadcast`, with the lock held before and after; may return without one.
  func wait() { pthread_cond_wait(condition, mutex) }

  /// Lets other threads run, and take the lock, once.
  func yield() {
    unlock()
    sched_yield()
    lock()
  }

  func broadcast() { pthread_cond_broadcast(condition) }
}
