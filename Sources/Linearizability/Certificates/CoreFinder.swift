internal import Histories

/// Reduces an impossible history to a small part that is impossible itself.
///
/// It only takes steps that keep linearizable histories linearizable (`Core.Law`), so a part that is
/// impossible proves that the whole is. Leaving out a single write would be none: what read its
/// value would become impossible for another reason. Chunks are tried from large to small (A. Zeller
/// and R. Hildebrandt, "Simplifying and isolating failure-inducing input", 2002). The number of
/// decisions and the size of each are bounded, so the result is the same on every machine.
struct CoreFinder<M: Model> {
  typealias Calls = [Call<M.Command>]

  /// As many operations as people are expected to follow.
  private static var readable: Int { 8 }

  private let model: M
  private let crashes: Crashes<M>
  /// The operation that is to stay.
  private let blamed: Int
  /// The overwrite that took the place of what came before it.
  private var beginning: Int?
  /// Elements that are left out everywhere.
  private var hidden: Set<Value> = []
  private var decisions = 0
  private var laws: Set<Core.Law> = [.prefix]

  /// The core of calls that have no linearization, of which `blamed` is the operation whose
  /// completion, at `end`, is the first that cannot be explained; nil if even the prefix that ends
  /// there is too hard to decide again.
  static func core(
    of calls: Calls, blamed: Int, end: Int, crashes: Crashes<M>
  ) -> Core? {
    var finder = CoreFinder(crashes: crashes, blamed: blamed)
    return finder.reduce(calls, end: end)
  }

  private init(crashes: Crashes<M>, blamed: Int) {
    model = crashes.model
    self.crashes = crashes
    self.blamed = blamed
  }

  private mutating func reduce(_ calls: Calls, end: Int) -> Core? {
    guard var calls = shortestPrefix(of: calls, from: end).map({ onlyBlamedElements($0) })
    else { return nil }
    var size: Int
    repeat {
      size = weight(calls)
      calls = dropGroups(calls)
      calls = dropObservers(calls)
      calls = hideElements(calls)
      calls = weaken(calls)
      // A part that still has its beginning tells more, so this comes last and only if needed.
      if calls.count > Self.readable { calls = dropBeginning(calls) }
    } while weight(calls) < size
    let verdict = BruteForce.isLinearizable(calls, under: model)
    // The two disagree only if there is a bug, and then nothing is said.
    if verdict == true { return nil }
    return Core(
      members: calls.map(member),
      deadEnds: DeadEnds.all(of: calls, under: model) ?? [],
      laws: Core.Law.allCases.filter(laws.contains), isConfirmed: verdict == false)
  }

  private func member(_ call: Call<M.Command>) -> Core.Member {
    var member = Core.Member(operation: call.operation, isCrashed: call.isCrashed)
    guard !hidden.isEmpty, !call.isCrashed,
      let operation = crashes.operations.first(withID: call.operation),
      case .ok(.array(let elements)?) = operation.outcome,
      let whole = try? model.command(for: operation), whole != call.command
    else { return member }
    member.shortened = .array(elements.filter { !hidden.contains($0) })
    return member
  }

  /// The shortest prefix from that event on which is impossible by itself. It may end later than the
  /// completion that cannot be explained, where that takes results which came only then. Of longer
  /// prefixes none is possible again, so it is found by bisection.
  private mutating func shortestPrefix(of calls: Calls, from end: Int) -> Calls? {
    func prefix(_ end: Int) -> Calls { withoutUseless(crashes.prefix(of: calls, until: end)) }
    let first = onlyBlamed(prefix(end))
    if isImpossible(first) { return first }
    let ends = calls.compactMap(\.completion).filter { $0 > end }.sorted()
    guard var shortest = ends.last.map(prefix), isImpossible(shortest) else { return nil }
    var (low, high) = (0, ends.count - 1)
    while low < high, canAfford(calls) {
      let middle = (low + high) / 2
      let candidate = prefix(ends[middle])
      if isImpossible(candidate) {
        (shortest, high) = (candidate, middle)
      } else {
        low = middle + 1
      }
    }
    return onlyBlamed(shortest)
  }

  /// Smaller with each call that is left out or weakened.
  private func weight(_ calls: Calls) -> Int {
    calls.reduce(0) { $0 + ($1.isCrashed ? 1 : 2) }
  }

  // MARK: Laws

  /// Leaves out what was over before an overwrite that no completed call overlaps: it led to a state
  /// that the overwrite erased. What can be left out before one can be before all earlier ones, so
  /// the last is found by bisection.
  private mutating func dropBeginning(_ calls: Calls) -> Calls {
    let overwrites = Suffix.isolatedOverwrites(calls, model)
    var (best, low, high) = (calls, 0, overwrites.count)
    while low < high, canAfford(calls) {
      let middle = (low + high) / 2
      let rest = withoutUseless(Suffix.from(overwrites[middle], of: calls))
      if isImpossible(rest) {
        (best, low) = (rest, middle + 1)
        beginning = calls[overwrites[middle]].operation
      } else {
        high = middle
      }
    }
    if best.count < calls.count { laws.insert(.suffix) }
    return best
  }

  /// Leaves out all groups at once but those that the solver blames, so that nothing that follows has
  /// to do with a large history.
  private mutating func onlyBlamed(_ calls: Calls) -> Calls {
    guard case .impossible(let core) = model.solveAndInsert(calls), core.count < calls.count,
      let groups = model.independentGroups(calls)
    else { return calls }
    var kept = Set(core.map { groups[$0] } + [-1])
    for (call, group) in zip(calls, groups) where call.operation == blamed { kept.insert(group) }
    let rest = withoutUseless(zip(calls, groups).filter { kept.contains($0.1) }.map(\.0))
    guard rest.count < calls.count, isImpossible(rest) else { return calls }
    laws.insert(.values)
    return rest
  }

  private mutating func dropGroups(_ calls: Calls) -> Calls {
    guard let groups = model.independentGroups(calls) else { return calls }
    let kept = zip(calls, groups).filter { [blamed, beginning].contains($0.0.operation) }
    let all = Set(groups).subtracting(kept.map(\.1) + [-1]).sorted()
    let members = Dictionary(uniqueKeysWithValues: zip(calls.map(\.operation), groups))
    return without(all, of: calls, .values) { call, groups in
      members[call.operation].map(groups.contains) == true ? nil : call
    }.calls
  }

  private mutating func dropObservers(_ calls: Calls) -> Calls {
    let observers = calls.filter { $0.operation != blamed && model.isObserver($0.command) }
    return without(observers.map(\.operation), of: calls, .observers) { call, observers in
      observers.contains(call.operation) ? nil : call
    }.calls
  }

  /// Hides all elements at once but those of the changes that the solver blames, so that nothing that follows
  /// has to do with long results.
  private mutating func onlyBlamedElements(_ calls: Calls) -> Calls {
    let elements = Set(elements(of: calls))
    guard !elements.isEmpty, case .impossible(let core) = model.solveAndInsert(calls) else {
      return calls
    }
    let changes = core.map { calls[$0].command }.filter { !model.isObserver($0) }
    let others = elements.subtracting(changes.flatMap(model.elements))
    let rest = withoutUseless(calls.compactMap { hiding(others, from: $0) })
    guard !others.isEmpty, isImpossible(rest) else { return calls }
    laws.insert(.elements)
    hidden.formUnion(others)
    return rest
  }

  private mutating func hideElements(_ calls: Calls) -> Calls {
    let (rest, removed) = without(elements(of: calls), of: calls, .elements) {
      [self] call, chosen in
      hiding(chosen, from: call)
    }
    hidden.formUnion(removed)
    return rest
  }

  /// In order of their first appearance, and within a call of their texts: sets have no order.
  private func elements(of calls: Calls) -> [Value] {
    var known: Set<Value> = []
    return calls.flatMap { call in
      let new = model.elements(of: call.command).filter { known.insert($0).inserted }
      return new.count > 1 ? new.sorted { $0.json < $1.json } : new
    }
  }

  private func hiding(_ elements: Set<Value>, from call: Call<M.Command>) -> Call<M.Command>? {
    guard let command = model.command(call.command, hiding: elements) else { return nil }
    var rest = call
    rest.command = command
    return rest
  }

  /// Only the last call of a process may be taken as crashed, for a process that has crashed does
  /// nothing more. The beginning stays as it was: without it nobody sees what became of earlier values.
  private mutating func weaken(_ calls: Calls) -> Calls {
    var calls = calls
    for index in calls.indices.reversed() {
      guard index < calls.count, !calls[index].isCrashed,
        ![blamed, beginning].contains(calls[index].operation),
        !model.isObserver(calls[index].command), canAfford(calls)
      else { continue }
      let process = crashes.process(calls[index].operation)
      if calls[(index + 1)...].contains(where: { crashes.process($0.operation) == process }) {
        continue
      }
      guard let crashed = crashes.crashed(calls[index]).flatMap({ hiding(hidden, from: $0) })
      else { continue }
      var weaker = calls
      weaker[index] = crashed
      let rest = withoutUseless(weaker)
      guard isImpossible(rest) else { continue }
      laws.insert(.weakening)
      if rest.count < weaker.count { laws.insert(.useless) }
      calls = rest
    }
    return calls
  }

  /// Leaves out as many of the items as it can, by chunks. `rest` gives what is left of a call without some of
  /// them, if anything is.
  private mutating func without<Item: Hashable>(
    _ items: [Item], of calls: Calls, _ law: Core.Law,
    rest: (Call<M.Command>, Set<Item>) -> Call<M.Command>?
  ) -> (calls: Calls, removed: Set<Item>) {
    var calls = calls
    var items = items
    var removed: Set<Item> = []
    var chunk = items.count
    while chunk > 0 {
      var start = 0
      while start < items.count, canAfford(calls) {
        let chosen = Set(items[start..<min(start + chunk, items.count)])
        let left = withoutUseless(calls.compactMap { rest($0, chosen) })
        if isImpossible(left) {
          if left.count < calls.count || law == .elements { laws.insert(law) }
          calls = left
          removed.formUnion(chosen)
          items.removeAll(where: chosen.contains)
        } else {
          start += chunk
        }
      }
      chunk /= 2
    }
    return (calls, removed)
  }

  private func withoutUseless(_ calls: Calls) -> Calls {
    let useful = model.usefulUntil(calls)
    return zip(calls, useful).filter { call, until in
      !call.isCrashed || until > call.invocation && !model.isObserver(call.command)
    }.map(\.0)
  }

  // MARK: Decisions

  /// Large histories may be decided a few times only.
  private func canAfford(_ calls: Calls) -> Bool {
    decisions < 500 && decisions * calls.count < 2_000_000
  }

  private mutating func isImpossible(_ calls: Calls) -> Bool {
    decisions += 1
    guard calls.contains(where: { $0.operation == blamed }) else { return false }
    switch model.solveAndInsert(calls) {
    case .impossible: return true
    case .linearizable: return false
    case .undecided: break
    }
    var budget = SearchBudget(memoryLimit: 64 << 20, expansionLimit: 20_000)
    budget.explains = false
    let (result, _) = search(
      calls, under: model, usefulUntil: model.usefulUntil(calls), budget: budget)
    if case .impossible = result { return true }
    return false
  }
}

/// What is left of calls from an overwrite on that no completed call overlaps.
enum Suffix {
  /// The calls that overwrite everything while no other call that completed is open.
  static func isolatedOverwrites<M: Model>(_ calls: [Call<M.Command>], _ model: M) -> [Int] {
    var latestEnd = -1
    var isolated: [Int] = []
    let completed = calls.indices.filter { !calls[$0].isCrashed }
    for (rank, index) in completed.enumerated() {
      let end = calls[index].completion ?? .max
      let next = rank + 1 < completed.count ? calls[completed[rank + 1]].invocation : .max
      if calls[index].invocation > latestEnd, end < next, model.isOverwrite(calls[index].command) {
        isolated.append(index)
      }
      latestEnd = max(latestEnd, end)
    }
    return isolated
  }

  /// The calls without those that were over before the call with that index began.
  static func from<Command>(_ index: Int, of calls: [Call<Command>]) -> [Call<Command>] {
    calls.filter { $0.completion ?? .max >= calls[index].invocation }
  }
}
