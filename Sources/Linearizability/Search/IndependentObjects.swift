internal import Histories

/// Calls on objects that do not depend on each other.
///
/// They are linearizable if and only if the calls on each object are (linearizability is local;
/// M. Herlihy and J. Wing, 1990). Proof of the harder half: the merged order respects real time
/// (`mergedLinearization`); taking out of it all calls on other objects, which change neither what
/// is possible nor what comes of it, leaves an order of which every step is possible.
struct IndependentObjects {
  /// The indexes of the calls on each object, in order of the objects' first calls.
  private var parts: [[Int]] = []
  private let invocations: [Int]
  private let completions: [Int?]

  /// Nil if some command may be about all objects, or there is one object only.
  init?<S: Specification>(_ calls: [Call<S.Command>], _ specification: S) {
    guard let first = calls.first, specification.object(of: first.command) != nil else {
      return nil
    }
    var places: [Value: Int] = [:]
    for (index, call) in calls.enumerated() {
      guard let object = specification.object(of: call.command) else { return nil }
      let place = places[object] ?? parts.count
      if place == parts.count {
        places[object] = place
        parts.append([])
      }
      parts[place].append(index)
    }
    if parts.count < 2 { return nil }
    invocations = calls.map(\.invocation)
    completions = calls.map(\.completion)
  }

  /// Searches each by itself. Among violations the earliest is the answer; where an object is
  /// undecided, it is the answer unless there is a violation and what came before is decided.
  ///
  /// `decide` takes the indexes of the calls, and where they are to be cut off, if at all.
  func search<State>(
    _ decide: (_ part: [Int], _ end: Int?) -> (SearchResult<State>, effort: SearchEffort)
  ) -> (SearchResult<State>, effort: SearchEffort) {
    var effort = SearchEffort()
    var orders: [[Int]] = []
    var earliest: (end: Int, found: Impossibility<State>)?
    var undecided: [(part: [Int], result: SearchResult<State>)] = []
    func judge(_ part: [Int], _ end: Int?) {
      let (result, more) = decide(part, end)
      effort += more
      switch result {
      case .linearizable(let order): orders.append(order.map { part[$0] })
      case .unknown: undecided.append((part, result))
      case .impossible(var found):
        found.call = part[found.call]
        found.longest = found.longest.map { part[$0] }
        orders.append(found.longest)
        let end = completions[found.call] ?? .max
        if end < earliest?.end ?? .max { earliest = (end, found) }
      }
    }
    for part in parts { judge(part, nil) }
    if let end = earliest?.end {
      let late = undecided.map(\.part)
      undecided = []
      for part in late { judge(part, end) }
    }
    if let first = undecided.first { return (first.result, effort) }
    guard let (end, first) = earliest else { return (.linearizable(merged(orders)), effort) }
    var found = first
    found.longest = merged(orders.map { beginning(of: $0, until: end) })
    return (.impossible(found), effort)
  }

  private func merged(_ orders: [[Int]]) -> [Int] {
    mergedLinearization(orders.map { $0.map(UInt32.init) }, callCount: invocations.count)
      .map(Int.init)
  }

  /// What of a linearization comes before the first call that was invoked at the event or later. It
  /// has all that completed before, for that cannot come after such a call.
  private func beginning(of order: [Int], until end: Int) -> [Int] {
    Array(order.prefix { invocations[$0] < end })
  }
}
