/// What calls on a semaphore do.
enum SemaphoreKind {
  static let acquire: UInt8 = 0
  static let release: UInt8 = 1
  /// There was no permit.
  static let failed: UInt8 = 2

  /// A crashed attempt counts as an acquisition that crashed.
  static let crashed: [UInt8] = [acquire, release, acquire]
}

/// Decides a semaphore. Calls are lazy: none takes effect before its completion, but for one that makes
/// room for another that completes: a release if no permit is free, an acquisition if all are, and of
/// those that are open the one that completes first.
///
/// That never loses a linearization: two calls of opposite kinds that no completion needed before
/// some moment can be taken out together and put in where the first of them completes, and of two
/// open calls of the same kind the one that completes first can change places with the other. A
/// failed attempt needs a moment without permits, which this may skip, and is left to the search.
/// Complexity: O(n log n).
struct SemaphoreSolver: LazySolver, ~Copyable {
  typealias Kind = SemaphoreKind

  let columns: CallColumns
  private let permits: Int64
  private let events: EventSweep

  /// All permits are free at first.
  init(_ columns: CallColumns, permits: Int64) {
    self.columns = columns
    self.permits = permits
    events = EventSweep(columns)
  }

  static var undecidedKind: UInt8? { Kind.failed }

  func run(_ calls: CallColumns.Pointers, _ onTake: (UInt32) -> Void) -> UInt32? {
    let heaps = DeadlineHeaps(callCount: columns.count)
    let open = heaps.pointers
    var (acquisitions, releases) = (CallColumns.none, CallColumns.none)
    var free = permits
    /// The call of that kind that completes first takes effect; false if there is none.
    func take(_ kind: UInt8) -> Bool {
      let call = kind == Kind.release ? releases : acquisitions
      if call == CallColumns.none { return false }
      let rest = open.withoutRoot(call, calls.completion)
      if kind == Kind.release { releases = rest } else { acquisitions = rest }
      free += kind == Kind.release ? 1 : -1
      open.markTaken(call)
      onTake(call)
      return true
    }
    return events.run(calls) { call in
      if calls.kind[call] == Kind.release {
        releases = open.merge(releases, call, calls.completion)
      } else {
        acquisitions = open.merge(acquisitions, call, calls.completion)
      }
    } complete: { call in
      if open.isTaken(call) { return true }
      let kind = calls.kind[call]
      let other = kind == Kind.release ? Kind.acquire : Kind.release
      if free == (kind == Kind.release ? permits : 0), !take(other) { return false }
      // Of its kind it is the one that completes first.
      return take(kind)
    }
  }
}
