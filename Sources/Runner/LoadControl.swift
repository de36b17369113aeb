import Synchronization

/// What the lanes share while the load runs: when to stop, and how it is going.
final class LoadControl: Sendable {
  private let stopped = Atomic<Bool>(false)
  private let okCount = Atomic<Int>(0)
  private let failCount = Atomic<Int>(0)
  private let infoCount = Atomic<Int>(0)

  /// Asks every lane to stop after the operation it is in.
  func stop() { stopped.store(true, ordering: .relaxed) }

  var isStopped: Bool { stopped.load(ordering: .relaxed) }

  func countOk() { okCount.add(1, ordering: .relaxed) }
  func countFail() { failCount.add(1, ordering: .relaxed) }
  func countInfo() { infoCount.add(1, ordering: .relaxed) }

  var counts: LoadCounts {
    LoadCounts(
      ok: okCount.load(ordering: .relaxed), fail: failCount.load(ordering: .relaxed),
      info: infoCount.load(ordering: .relaxed))
  }
}

/// How many operations have ended, and how.
public struct LoadCounts: Sendable, Hashable {
  /// It happened.
  public var ok: Int
  /// It did not happen.
  public var fail: Int
  /// Nobody knows.
  public var info: Int

  /// Makes counts.
  public init(ok: Int, fail: Int, info: Int) {
    self.ok = ok
    self.fail = fail
    self.info = info
  }
}
