internal import Histories

/// Decides an object that is on or off: an element of a set, a lock. Values may repeat and calls may
/// crash. Complexity: O(n log n).
///
/// Calls are lazy: none takes effect before one that completes needs it, and of those that could
/// then switch the state, the one that completes first goes. Whatever observes the new state takes
/// effect with it.
///
/// That never loses a linearization. Take one, and the first moment at which a completion needs a
/// switch. Switches that it has before that moment come in pairs, on and off, that no completion
/// needed; taking out the pair and putting it in later, between two that are opposite or at its
/// own completion, keeps the rest legal, since the state around it is the same and observers in
/// between have already been served or can be served by the next switch. Of two calls that switch
/// the same way and are both open at the moment, the one that completes first can change places
/// with the other. A crashed call is never needed by its own completion, so it is used last.
struct TwoStateSolver {
  /// What a call does or sees.
  enum Kind {
    /// It can only happen in the other state, and switches.
    case switchOn, switchOff
    /// It happens in this state only, and changes nothing.
    case observeOn, observeOff
  }

  private var isOn: Bool
  private let kind: (Int) -> Kind
  private let deadline: (Int) -> Int?
  private var done: Set<Int> = []
  private var switches = [DeadlineHeap(), DeadlineHeap()]
  /// Open observers of off and of on.
  private var observers: [[Int]] = [[], []]
  private var order: [Int] = []

  /// An order of the calls of the events, or the call that cannot complete.
  static func solve(
    _ events: OrderedEvents, isOn: Bool, kind: @escaping (Int) -> Kind,
    deadline: @escaping (Int) -> Int?
  ) -> Result<[Int], Impossible> {
    var solver = TwoStateSolver(isOn: isOn, kind: kind, deadline: deadline)
    for event in events.events {
      switch event {
      case .invocation(let call): solver.invoke(call)
      case .completion(let call):
        if !solver.complete(call) { return .failure(Impossible(call: call)) }
      }
    }
    return .success(solver.order)
  }

  /// The first call that cannot complete.
  struct Impossible: Error {
    var call: Int
  }

  private init(isOn: Bool, kind: @escaping (Int) -> Kind, deadline: @escaping (Int) -> Int?) {
    self.isOn = isOn
    self.kind = kind
    self.deadline = deadline
  }

  private mutating func invoke(_ call: Int) {
    switch kind(call) {
    case .switchOff: switches[0].insert(call, deadline: deadline(call))
    case .switchOn: switches[1].insert(call, deadline: deadline(call))
    case .observeOff: observers[0].append(call)
    case .observeOn: observers[1].append(call)
    }
    serveObservers()
  }

  private mutating func complete(_ call: Int) -> Bool {
    if done.contains(call) { return true }
    switch kind(call) {
    case .observeOn, .observeOff: break
    case .switchOn: if isOn, !toggle() { return false }
    case .switchOff: if !isOn, !toggle() { return false }
    }
    return done.contains(call) || toggle() && done.contains(call)
  }

  /// Switches by the call with the earliest deadline; false if there is none.
  private mutating func toggle() -> Bool {
    guard let call = switches[isOn ? 0 : 1].removeFirst() else { return false }
    isOn.toggle()
    take(call)
    serveObservers()
    return true
  }

  private mutating func serveObservers() {
    for call in observers[isOn ? 1 : 0] { take(call) }
    observers[isOn ? 1 : 0].removeAll(keepingCapacity: true)
  }

  private mutating func take(_ call: Int) {
    done.insert(call)
    order.append(call)
  }
}

extension SetModel {
  /// Each element is a two-state object of its own, where all calls say what they did.
  func solve(_ calls: [Call<Command>]) -> SolverResult {
    var elements: [Value: [Int]] = [:]
    var free: [[Int]] = []
    for (index, call) in calls.enumerated() {
      if case .read(nil) = call.command {
        free.append([index])
      } else if case .contains(_, nil) = call.command {
        free.append([index])
      } else if let element = call.command.element, Self.kind(of: call) != nil {
        elements[element, default: []].append(index)
      } else {
        return .undecided
      }
    }
    var orders = free
    for (element, indices) in elements {
      let answer = TwoStateSolver.solve(
        OrderedEvents(calls, indices), isOn: initialState.contains(element),
        kind: { Self.kind(of: calls[$0]) ?? .observeOn }, deadline: { calls[$0].completion })
      switch answer {
      case .success(let order): orders.append(order)
      case .failure(let impossible):
        let end = calls[impossible.call].completion ?? .max
        return .impossible(indices.filter { calls[$0].invocation < end })
      }
    }
    return .linearizable(mergedLinearization(orders) { calls[$0].invocation })
  }

  /// Nil of what is not known to switch or to observe. A crashed call that would change nothing is
  /// left out, which is as good, so it counts as a switch.
  private static func kind(of call: Call<Command>) -> TwoStateSolver.Kind? {
    switch call.command {
    case .add(_, wasNew: true): .switchOn
    case .add(_, wasNew: false): .observeOn
    case .add(_, wasNew: nil): call.isCrashed ? .switchOn : nil
    case .remove(_, wasThere: true): .switchOff
    case .remove(_, wasThere: false): .observeOff
    case .remove(_, wasThere: nil): call.isCrashed ? .switchOff : nil
    case .contains(_, let found?): found ? .observeOn : .observeOff
    case .contains(_, nil), .read: nil
    }
  }
}

extension MutexModel {
  /// A lock is a two-state object. A crashed attempt that fails changes nothing, so it may count as
  /// one that crashed while acquiring.
  func solve(_ calls: [Call<Command>]) -> SolverResult {
    let answer = TwoStateSolver.solve(
      OrderedEvents(calls, calls.indices), isOn: initialState,
      kind: { index in
        switch calls[index].command {
        case .acquire, .tryAcquireUnknown: .switchOn
        case .release: .switchOff
        case .tryAcquireFailed: .observeOn
        }
      }, deadline: { calls[$0].completion })
    switch answer {
    case .success(let order): return .linearizable(order)
    case .failure(let impossible):
      let end = calls[impossible.call].completion ?? .max
      return .impossible(calls.indices.filter { calls[$0].invocation < end })
    }
  }
}
