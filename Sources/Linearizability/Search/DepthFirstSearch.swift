/// Decides whether calls are linearizable by following one linearization as far as it goes, the most
/// promising choice first, and coming back to the other choices when it fails (J. Wing and C. Gong,
/// "Testing and verifying concurrent objects", 1993), with a memory of what has failed (G. Lowe,
/// 2017). It takes the same steps from completion to completion as `FrontierSearch`.
///
/// It is quick where linearizations are easy to find, in particular with many crashed calls, of which
/// it tries the fewest first; a frontier is quick to show that there is none.
///
/// At a completion whose call has not taken effect, the choices come in the order of their length:
/// first the single calls that lead past it, one after the other as they fail, then sequences of
/// two calls, of up to four, of up to eight, and so on. None is made before it is needed.
///
/// Invariant: every way to linearize the calls goes through the configuration at hand or a choice
/// that a frame stands for, or there is none.
///
/// Memory: 24 bytes for each choice on the way and 8 for each call; only what has failed is
/// remembered, so a history that is followed without a detour leaves nothing else behind.
struct DepthFirstSearch<Slots: SlotSet> {
  /// Choices that are left, or one that was made in advance.
  private struct Frame {
    /// The step of the schedule that is next.
    var event: Int32
    /// How much of the path leads here.
    var pathCount: Int32
    var stage: Stage
    var state: Int32
    var marks: Slots
  }

  /// What a frame is for, in four bytes.
  private struct Stage {
    enum Kind: Int32 {
      /// So many single calls were tried.
      case singles
      /// Next are sequences of up to so many calls, where half as many were tried.
      case sequences
      /// Ready to go on, once so many entries from `prepared` are put on the path.
      case ready
    }

    private let word: Int32

    init(_ kind: Kind, _ count: Int) { word = Int32(count) << 2 | kind.rawValue }

    var kind: Kind { Kind(rawValue: word & 3) ?? .ready }
    var count: Int { Int(word >> 2) }
  }

  /// A way past a completion by one call, or by none where its duty is done.
  private struct Single {
    var call: Int32
    var state: Int32
    /// How many crashed calls are used up, and how much has been done that must be.
    var spent: Int
    var done: Int
    var marks: Slots

    /// Fewer crashed calls come first, then more that is done.
    func isBetter(than other: Single) -> Bool {
      spent != other.spent ? spent < other.spent : done > other.done
    }
  }

  private let schedule: Schedule
  private var closure: Closure<Slots>
  /// The configuration at hand, which is at the event of the closure, and the way to it.
  private var state: Int32 = 0
  private var marks: Slots
  private var path: [PathEntry] = []
  private var frames: [Frame] = []
  /// The ends of the paths to frames that are ready, in the order of these.
  private var prepared: [PathEntry] = []
  private var singles: [Single] = []
  private var failed = FailedSet<Slots>()
  private var choices = 0
  private var failures = 0
  /// When to look at the budget again, in choices and configurations looked at.
  private var nextLook = 0
  /// The last event that no configuration got past, and the states that some had there.
  private var deepest: (event: Int, states: Set<Int32>) = (-1, [])

  init(_ problem: SearchProblem) {
    schedule = problem.schedule
    closure = Closure(problem)
    marks = closure.beginning.marks
    frames = [Frame(event: 0, pathCount: 0, stage: Stage(.ready, 0), state: 0, marks: marks)]
  }

  var effort: SearchEffort {
    var effort = closure.effort
    effort.configurations += choices
    return effort
  }

  /// How many configurations were looked at: exact, the same on every machine.
  var expansions: Int { closure.expansions + choices }
  /// How much memory it takes.
  var bytes: Int {
    closure.bytes + failed.bytes(slotCapacity: schedule.slotCount) + footprint(of: frames)
      + footprint(of: path)
      + footprint(of: prepared)
  }

  /// The deepest step that was reached.
  var reached: Int { max(deepest.event, 0) }

  /// An end of a depth-first search.
  enum End {
    case linearizable([Int])
    /// No linearization gets past the completion of this step; these are the states there.
    case impossible(step: Int, states: [Int32])
    case unknown(UnknownReason)
  }

  /// Goes on until it has an answer, or as much has been in vain, in all.
  mutating func run(until limit: Int, budget: SearchBudget) -> End? {
    while let frame = frames.last {
      if failures + closure.expansions > limit { return nil }
      frames.removeLast()
      if let end = follow(frame, budget) { return end }
    }
    return .impossible(step: deepest.event, states: deepest.states.sorted())
  }

  private mutating func follow(_ frame: Frame, _ budget: SearchBudget) -> End? {
    path.removeLast(path.count - Int(frame.pathCount))
    (state, marks) = (frame.state, frame.marks)
    move(to: Int(frame.event))
    switch frame.stage.kind {
    case .ready:
      path.append(contentsOf: prepared.suffix(frame.stage.count))
      prepared.removeLast(frame.stage.count)
    case .singles:
      failures += 1
      if frame.stage.count == 1 {
        failed.insert(marks, state: state, event: closure.event, roles: closure.open.roles)
      }
      guard tryNextSingle(after: frame) else { return nil }
    case .sequences:
      return trySequences(upTo: frame.stage.count, budget).map(End.unknown)
    }
    return descend(budget)
  }

  /// Follows the configuration at hand, by the best single call wherever there is a choice.
  private mutating func descend(_ budget: SearchBudget) -> End? {
    while advance() {
      choices += 1
      if expansions >= nextLook {
        nextLook = expansions + 256
        if let reason = budget.reasonToStop(bytes: bytes, expansions: expansions) {
          return .unknown(reason)
        }
      }
      if failed.covers(marks, state: state, event: closure.event, roles: closure.open.roles) {
        return nil
      }
      findSingles()
      guard var best = singles.indices.first else {
        push(Stage(.sequences, 2))
        return nil
      }
      for index in singles.indices.dropFirst() where singles[index].isBetter(than: singles[best]) {
        best = index
      }
      push(Stage(.singles, 1))
      take(singles[best])
    }
    return .linearizable(closure.order(of: path))
  }

  // MARK: Events

  /// Opens and closes calls until those are open that are open before the event.
  private mutating func move(to event: Int) {
    while closure.event > event {
      closure.event -= 1
      let step = schedule.steps[closure.event]
      if step.isInvocation { closure.forget(step.call) } else { closure.invoke(step.call) }
    }
    while closure.event < event {
      let step = schedule.steps[closure.event]
      if step.isInvocation { closure.invoke(step.call) } else { closure.forget(step.call) }
      closure.event += 1
    }
  }

  /// Goes on while there is nothing to choose: up to a completion whose call has not taken effect.
  /// Says whether there was one.
  private mutating func advance() -> Bool {
    while closure.event < schedule.steps.count {
      let step = schedule.steps[closure.event]
      let call = closure.open[step.call]
      switch step.action {
      case .invoke:
        closure.invoke(step.call)
        if call.isObserver, closure.step(state, call.command) >= 0 {
          marks.insert(Int(call.slot))
          path.append(PathEntry(call: call.call, event: Int32(closure.event)))
        }
      case .retire:
        marks.remove(Int(call.slot))
        closure.forget(step.call)
      case .complete:
        guard marks.contains(Int(call.slot)) else { return true }
        pass(call)
        continue
      }
      closure.event += 1
    }
    return false
  }

  /// Goes past the completion of a call.
  private mutating func pass(_ call: OpenCall) {
    marks.remove(Int(call.slot))
    if call.duty >= 0 { marks.remove(Int(call.duty)) }
    closure.forget(Int(call.call))
    closure.event += 1
  }

  private mutating func push(_ stage: Stage) {
    frames.append(
      Frame(
        event: Int32(closure.event), pathCount: Int32(path.count), stage: stage, state: state,
        marks: marks))
  }

  // MARK: Single calls

  /// Finds every single call after which the completion at hand can be passed.
  private mutating func findSingles() {
    singles.removeAll(keepingCapacity: true)
    let completing = closure.open[schedule.steps[closure.event].call]
    let isDone = completing.duty >= 0 && marks.contains(Int(completing.duty))
    if isDone { add(-1, marks, state) }
    var lastCommand: Int32 = -1
    for index in 0..<closure.open.mutators.count {
      let call = closure.open.mutators[index]
      if call.command == lastCommand || marks.contains(Int(call.slot)) { continue }
      lastCommand = call.command
      let after = closure.step(state, call.command)
      if after < 0 { continue }
      let (reached, _) = closure.marks(after: call, marks, in: after)
      let isPassed =
        reached.contains(Int(completing.slot))
        || completing.duty >= 0 && !isDone && reached.contains(Int(completing.duty))
      if !isPassed || closure.isHopeless(after, reached) { continue }
      add(call.call, reached, after)
    }
  }

  private mutating func add(_ call: Int32, _ marks: Slots, _ state: Int32) {
    let roles = closure.open.roles
    singles.append(
      Single(
        call: call, state: state, spent: marks.count(within: closure.open.crashed),
        done: marks.count(within: roles.duties) + marks.count(within: roles.exact), marks: marks))
  }

  /// Takes the next single call, if there is one; else sequences are next.
  private mutating func tryNextSingle(after frame: Frame) -> Bool {
    findSingles()
    singles.sort { $0.isBetter(than: $1) }
    dropSuperfluousSingles()
    guard frame.stage.count < singles.count else {
      push(Stage(.sequences, 2))
      return false
    }
    push(Stage(.singles, frame.stage.count + 1))
    take(singles[frame.stage.count])
    return true
  }

  private mutating func dropSuperfluousSingles() {
    let duties = closure.open.roles.duties
    let exact = closure.open.roles.exact
    var kept = 0
    for index in singles.indices {
      let single = singles[index]
      let isSuperfluous = singles[..<kept].contains {
        $0.state == single.state && $0.marks.isEqual(to: single.marks, within: exact)
          && $0.marks.isSubset(of: single.marks, flipping: duties)
      }
      if isSuperfluous { continue }
      singles[kept] = single
      kept += 1
    }
    singles.removeLast(singles.count - kept)
  }

  private mutating func take(_ single: Single) {
    if single.call >= 0 {
      path.append(PathEntry(call: single.call, event: Int32(closure.event)))
      for index in 0..<closure.open.observers.count {
        let observer = closure.open.observers[index]
        let slot = Int(observer.slot)
        if single.marks.contains(slot), !marks.contains(slot) {
          path.append(PathEntry(call: observer.call, event: Int32(closure.event)))
        }
      }
    }
    (state, marks) = (single.state, single.marks)
    pass(closure.open[schedule.steps[closure.event].call])
  }

  // MARK: Sequences

  /// Prepares every sequence of up to so many calls that leads past the completion, the best last.
  private mutating func trySequences(upTo limit: Int, _ budget: SearchBudget) -> UnknownReason? {
    let roles = closure.open.roles
    if limit == 2, !failed.covers(marks, state: state, event: closure.event, roles: roles) {
      failed.insert(marks, state: state, event: closure.event, roles: roles)
    }
    closure.start(from: Configuration(state: state, node: -1, marks: marks))
    let call = schedule.steps[closure.event].call
    if let reason = closure.complete(call, limit: limit, budget: budget) { return reason }
    if closure.isCutOff {
      push(Stage(.sequences, limit * 2))
    } else if closure.next.isEmpty {
      noteEnd()
    }
    prepare(closure.next.items.filter { Int($0.depth) > limit / 2 })
    return nil
  }

  /// Those that used few crashed calls come first, then those that have done much.
  private mutating func prepare(_ found: [Configuration<Slots>]) {
    let open = closure.open
    let keyed = found.map { item in
      (
        item: item, spent: item.marks.count(within: open.crashed),
        done: item.marks.count(within: open.roles.duties)
          + item.marks.count(within: open.roles.exact)
      )
    }
    for (item, _, _) in keyed.sorted(by: { ($1.spent, $0.done) < ($0.spent, $1.done) }) {
      let end = closure.nodes.path(to: item.node)
      prepared += end
      frames.append(
        Frame(
          event: Int32(closure.event + 1), pathCount: Int32(path.count),
          stage: Stage(.ready, end.count), state: item.state, marks: item.marks))
    }
  }

  private mutating func noteEnd() {
    if closure.event < deepest.event { return }
    if closure.event > deepest.event { deepest = (closure.event, []) }
    for item in closure.layer.items { deepest.states.insert(item.state) }
  }
}
