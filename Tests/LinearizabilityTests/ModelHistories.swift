import Histories
import Randomness

@testable import Linearizability

/// Random histories of any model, as operations that were recorded, with an oracle that tries every
/// order. By simulation, so that a history is linearizable until results are tampered with.
struct ModelHistories<M: Model> {
  /// What a client does: function, argument, result.
  struct Act {
    var f: String
    var argument: Value?
    var result: Value?

    init(_ f: String, _ argument: Value? = nil, gives result: Value? = nil) {
      (self.f, self.argument, self.result) = (f, argument, result)
    }
  }

  var model: M
  /// Draws an act that may be possible in the state; it is drawn again until it is.
  var act: (M.State, inout SeededRandom) -> Act
  /// Another result of the act, possible or not; nil if any other act's result will do.
  var tampered: ((Act, inout SeededRandom) -> Value?)?

  /// A history of a few operations; percentages of operations crash, fail and get another's result.
  func history(
    _ count: Int, width: Int, crashes: Int = 10, fails: Int = 5, tampering: Int,
    _ random: inout SeededRandom
  ) -> History {
    var state = model.initialState
    var instants: [(at: Double, event: Event)] = []
    var (nextProcess, freeAt) = (0, [(process: Int, at: Double)]())
    for index in 0..<count {
      let reach = Double(width) / 2
      let begin = Double(index) - Double.random(in: 0...reach, using: &random)
      let end = Double(index) + Double.random(in: 0...reach, using: &random)
      var process = nextProcess
      if let free = freeAt.firstIndex(where: { $0.at < begin }) {
        process = freeAt.remove(at: free).process
      } else {
        nextProcess += 1
      }
      let isTampered = Int.random(in: 0..<100, using: &random) < tampering
      guard let (act, next) = possible(state, process, &random) else { continue }
      let outcome = Int.random(in: 0..<100, using: &random)
      var result = act.result
      if isTampered {
        let other = tampered?(act, &random) ?? self.act(model.initialState, &random).result
        result = other ?? result
      }
      var type = EventType.ok
      if outcome < crashes {
        (type, result) = (.info, nil)
        if Bool.random(using: &random) { state = next }
      } else if outcome < crashes + fails {
        (type, result) = (.fail, nil)
      } else {
        if !isTampered || Bool.random(using: &random) { state = next }
      }
      if type != .info { freeAt.append((process, end)) }
      instants.append((begin, event(process, .invoke, act.f, act.argument)))
      instants.append((end, event(process, type, act.f, result)))
    }
    var events = instants.sorted { $0.at < $1.at }.map(\.event)
    for index in events.indices { (events[index].index, events[index].line) = (index, index + 1) }
    return History(source: "random", events: Events(events))
  }

  private func event(_ process: Int, _ type: EventType, _ f: String, _ value: Value?) -> Event {
    Event(index: 0, process: .client(process), type: type, f: f, value: value)
  }

  private func possible(
    _ state: M.State, _ process: Int, _ random: inout SeededRandom
  ) -> (Act, M.State)? {
    for _ in 0..<60 {
      let act = act(state, &random)
      let operation = Operation(
        id: 0, process: process, f: act.f, argument: act.argument, outcome: .ok(act.result),
        invocation: 0, completion: 1)
      guard let command = try? model.command(for: operation),
        let next = model.step(state, command)
      else { continue }
      return (act, next)
    }
    return nil
  }

  /// Whether what had begun by `end` has an order, by trying all; nil if some operation is malformed.
  /// What ended later need not be in it, but has the result that it gave.
  func isLinearizable(_ operations: some Sequence<Operation>, until end: Int = .max) -> Bool? {
    var calls: [Call<M.Command>] = []
    for operation in operations where operation.outcome != .fail && operation.invocation < end {
      let isOpen = operation.outcome == .info || operation.completion ?? .max > end
      guard let command = try? model.command(for: operation) else { return nil }
      calls.append(
        Call(
          operation: operation.id, command: command, invocation: operation.invocation,
          completion: isOpen ? nil : operation.completion))
    }
    return CallOracle(model: model).isLinearizable(calls)
  }
}

/// How many histories of each model the environment asks for.
let allModelRounds = environmentNumber("FAULTLINE_MODEL_ROUNDS")

/// What is tried on histories of every model.
protocol ModelTrial {
  func run<M: Model>(_ name: String, _ histories: ModelHistories<M>)
}

/// The options that give the models of `tryAllModels`.
func options(ofTried name: String) -> CheckOptions {
  let initial: Value =
    switch name {
    case "stack": .array([.integer(9)])
    case "set": .array([.integer(1)])
    case "max-register": .integer(1)
    case "semaphore": .integer(2)
    default: .null
    }
  return CheckOptions(model: name, initial: initial, allowEmpty: true, jobs: 1)
}

/// A small element.
private func element(_ random: inout SeededRandom) -> Value {
  .integer(Int64.random(in: 1...3, using: &random))
}

/// Runs the trial on every model that comes with Faultline, but for plain registers.
func tryAllModels(_ trial: some ModelTrial) {
  func number(_ random: inout SeededRandom) -> Value {
    .integer(Int64.random(in: 0...3, using: &random))
  }
  func drawn<T>(_ choices: [T], _ random: inout SeededRandom) -> T {
    choices[Int.random(in: 0..<choices.count, using: &random)]
  }
  trial.run(
    "fifo-queue",
    ModelHistories(model: FIFOQueue(initialState: [])) { state, random in
      drawn(
        [
          .init("enqueue", element(&random)), .init("dequeue", gives: state.first ?? .null),
          .init("enqueue", element(&random)), .init("peek", gives: state.first ?? .null),
          .init("dequeue", gives: state.first ?? element(&random)),
        ], &random)
    })
  trial.run(
    "stack",
    ModelHistories(model: Stack(initialState: [.integer(9)])) { state, random in
      drawn(
        [
          .init("push", element(&random)), .init("pop", gives: state.last ?? .null),
          .init("push", element(&random)), .init("peek", gives: state.last ?? .null),
          .init("pop", gives: state.last ?? element(&random)),
        ], &random)
    })
  trial.run(
    "priority-queue",
    ModelHistories(model: PriorityQueue([])) { state, random in
      let first = state.first?.elements.possible.first
      return drawn(
        [
          .init("insert", element(&random)), .init("poll", gives: first ?? .null),
          .init("insert", element(&random)), .init("peek", gives: first ?? .null),
          .init("poll", gives: first ?? element(&random)),
        ], &random)
    })
  trial.run(
    "bag",
    ModelHistories(model: Bag(initialState: UnorderedElements())) { state, random in
      drawn(
        [
          .init("add", element(&random)), .init("take", gives: element(&random)),
          .init("take", gives: .null),
        ], &random)
    })
  trial.run(
    "set",
    ModelHistories(model: SetModel(initialState: [.integer(1)])) { state, random in
      let flag = drawn([.bool(true), .bool(false), nil] as [Value?], &random)
      return drawn(
        [
          .init("add", element(&random), gives: flag),
          .init("remove", element(&random), gives: flag),
          .init("contains", element(&random), gives: .bool(Bool.random(using: &random))),
          .init("read", gives: .array(state.sorted { $0.json < $1.json })),
        ], &random)
    })
  trial.run(
    "grow-only-set",
    ModelHistories(model: GrowOnlySet(initialState: [])) { state, random in
      let all = Array(state.sorted { $0.json < $1.json })
      return drawn(
        [
          .init("add", element(&random)), .init("read", gives: .array(all)),
          .init("read", gives: .array([element(&random)])),
        ], &random)
    })
  trial.run(
    "append-list",
    ModelHistories(model: AppendList(initialState: [])) { state, random in
      drawn(
        [
          .init("append", element(&random)), .init("read", gives: .array(state)),
          .init("read", gives: .array([element(&random)])),
        ], &random)
    })
  trial.run(
    "counter",
    ModelHistories(model: Counter(initialState: 0)) { state, random in
      drawn(
        [
          .init("increment"), .init("read", gives: .integer(state)),
          .init("add", .integer(Int64.random(in: -2...2, using: &random))),
          .init("read", gives: number(&random)), .init("decrement"),
        ], &random)
    })
  trial.run(
    "fetch-add",
    ModelHistories(model: FetchAdd(initialState: 0)) { state, random in
      drawn(
        [
          .init("fetch-add", gives: .integer(state)), .init("fetch-add", gives: number(&random)),
          .init("fetch-add", number(&random), gives: .integer(state)),
        ], &random)
    })
  trial.run(
    "max-register",
    ModelHistories(model: MaxRegister(initialState: 1)) { state, random in
      drawn(
        [
          .init("write", number(&random)), .init("read", gives: .integer(state)),
          .init("read", gives: number(&random)),
        ], &random)
    })
  trial.run(
    "mutex",
    ModelHistories(model: MutexModel(initialState: false)) { _, random in
      drawn(
        [
          .init("acquire"), .init("release"),
          .init("try-acquire", gives: .bool(Bool.random(using: &random))),
        ], &random)
    })
  trial.run(
    "owner-lock",
    ModelHistories(model: OwnerLock(initialState: nil)) { _, random in
      drawn(
        [
          .init("acquire"), .init("release"), .init("release"),
          .init("try-acquire", gives: .bool(Bool.random(using: &random))),
        ], &random)
    })
  trial.run(
    "semaphore",
    ModelHistories(model: Semaphore(initialState: 2)) { _, random in
      drawn(
        [
          .init("acquire"), .init("acquire"), .init("release"),
          .init("try-acquire", gives: .bool(Bool.random(using: &random))),
        ], &random)
    })
  trial.run(
    "kv",
    ModelHistories(
      model: KeyValueStore(initialState: .null, nullReadsAreUnknown: false)
    ) { state, random in
      drawn(
        [
          .init("put", .string("a")), .init("append", .string("b")), .init("get", gives: state),
          .init("get", gives: .string("ab")), .init("delete"),
          .init("cas", .array([state, .string("c")])),
        ], &random)
    })
  trial.run(
    "versioned-register",
    ModelHistories(
      model: VersionedRegister(initialState: .init(value: .null, version: 0))
    ) { state, random in
      let next = state.version + Int64.random(in: 1...2, using: &random)
      let value = element(&random)
      return drawn(
        [
          .init("read", gives: .array([state.value, .integer(state.version)])),
          .init("read", gives: .array([value, number(&random)])),
          .init("put", value, gives: .array([value, .integer(next)])),
          .init(
            "put-if", .array([.integer(state.version), value]),
            gives: .array([value, .integer(next)])),
        ], &random)
    })
  trial.run(
    "multi-register",
    ModelHistories(
      model: MultiRegister(initialState: [:], nullReadsAreUnknown: false)
    ) {
      state, random in
      func read(_ name: String) -> Value {
        let key = Value.string(name)
        let seen = Bool.random(using: &random) ? state[key] ?? .null : number(&random)
        return .array([.string("read"), key, seen])
      }
      func write(_ name: String) -> Value {
        .array([.string("write"), .string(name), number(&random)])
      }
      let accesses = drawn(
        [[read("x"), read("y")], [write("x"), write("y")], [read("x"), write("y")]], &random)
      return .init("txn", .array(accesses), gives: .array(accesses))
    } tampered: { act, random in
      // A transaction does what it was invoked with; what it read may be wrong.
      guard case .array(let accesses)? = act.result else { return nil }
      return .array(
        accesses.map { access in
          guard case .array(var parts) = access, parts[0] == .string("read") else { return access }
          parts[2] = number(&random)
          return .array(parts)
        })
    })
}
