import Histories
import Testing

@testable import Linearizability

/// What the models that come with the package claim of their commands, on the commands of the
/// stored histories of each and on many more.
@Suite struct ModelClaimsTests {
  private func operations(_ f: String, _ values: [Value?], results: [Value?]) -> [Operation] {
    values.flatMap { value in
      results.flatMap { result in
        [Outcome.ok(result), .info].map { outcome in
          Operation(
            id: 0, process: 0, f: f, argument: value, outcome: outcome, invocation: 0,
            completion: 1)
        }
      }
    }
  }

  private func broken<M: Model>(
    _ model: M, _ functions: [String], _ values: [Value?], results: [Value?]? = nil,
    keys: [Value?] = [nil]
  ) -> String? {
    let all = functions.flatMap { f in
      keys.flatMap { key in
        operations(f, values, results: results ?? values).map { operation in
          var operation = operation
          operation.key = key
          return operation
        }
      }
    }
    let commands = all.compactMap { try? model.command(for: $0) }
    #expect(commands.count > functions.count)
    return brokenClaim(of: model, commands: commands, rounds: 20_000)
  }

  private let numbers: [Value?] = [nil, .null, .integer(0), .integer(1), .integer(2), .integer(3)]
  private let flags: [Value?] = [nil, .bool(true), .bool(false)]
  private var pairs: [Value?] {
    (0..<3).flatMap { a in (0..<3).map { .array([.integer(a), .integer($0)]) } }
  }
  private let arrays: [Value?] = [
    nil, .array([]), .array([.integer(1)]), .array([.integer(1), .integer(2)]),
  ]

  @Test func registers() {
    let options = CheckOptions(model: "cas-register")
    let functions = ["read", "write", "cas"]
    #expect(broken(Register(options), functions, numbers + pairs) == nil)
    let store = KeyValueStore(initialState: .null, nullReadsAreUnknown: false)
    #expect(
      broken(store, ["get", "put", "append", "delete", "cas"], numbers + pairs + [.string("x")])
        == nil)
    let whole = WholeStore(base: store)
    let texts: [Value?] = [.null, .string("x"), .string("y"), .string("xy"), .string("é")]
    #expect(broken(store, ["get", "put", "append", "cas"], texts + pairs) == nil)
    #expect(broken(whole, ["get", "put", "append"], texts, keys: [.integer(1), nil]) == nil)
    #expect(broken(MaxRegister(initialState: 1), ["read", "write"], numbers) == nil)
    let versioned = VersionedRegister(initialState: .init(value: .null, version: 0))
    #expect(
      broken(versioned, ["read", "put", "put-if"], numbers + pairs, results: [nil] + pairs) == nil)
    let accesses: [Value?] = [
      .array([.array([.string("write"), .integer(1), .integer(1)])]),
      .array([.array([.string("read"), .integer(1), .integer(1)])]),
      .array([
        .array([.string("read"), .integer(1), .null]), .array([.string("w"), .integer(2), .null]),
      ]),
    ]
    let several = MultiRegister(initialState: [:], nullReadsAreUnknown: false)
    #expect(broken(several, ["txn"], accesses) == nil)
  }

  @Test func collections() {
    #expect(
      broken(FIFOQueue(initialState: []), ["enqueue", "dequeue", "peek"], numbers) == nil)
    #expect(broken(Stack(initialState: []), ["push", "pop", "peek"], numbers) == nil)
    #expect(
      broken(PriorityQueue([]), ["insert", "poll", "peek"], numbers + pairs) == nil)
    #expect(broken(Bag(initialState: UnorderedElements()), ["add", "take"], numbers) == nil)
    #expect(
      broken(
        SetModel(initialState: []), ["add", "remove", "contains", "read"], numbers,
        results: flags + arrays) == nil)
    #expect(
      broken(GrowOnlySet(initialState: []), ["add", "read"], numbers, results: arrays) == nil)
    #expect(
      broken(AppendList(initialState: []), ["append", "read"], numbers, results: arrays) == nil)
  }

  /// A set that forgets an addition where it should hide an element of what is read, too.
  private struct Forgetful: Model {
    let base = GrowOnlySet(initialState: [])
    var initialState: Set<Value> { base.initialState }
    func step(_ state: Set<Value>, _ command: GrowOnlySet.Command) -> Set<Value>? {
      base.step(state, command)
    }
    func command(for operation: Operation) throws(OperationError) -> GrowOnlySet.Command {
      try base.command(for: operation)
    }
    func elements(of command: GrowOnlySet.Command) -> [Value] { base.elements(of: command) }
    func command(_ command: GrowOnlySet.Command, hiding elements: Set<Value>)
      -> GrowOnlySet.Command?
    {
      if case .add = command { base.command(command, hiding: elements) } else { command }
    }
  }

  @Test func hidingTooLittleIsFound() {
    let found = broken(Forgetful(), ["add", "read"], numbers, results: arrays)
    #expect(found?.contains("hides elements without which") == true, "\(found ?? "nothing")")
  }

  @Test func countersAndLocks() {
    #expect(broken(Counter(initialState: 0), ["increment", "decrement", "read"], numbers) == nil)
    #expect(broken(FetchAdd(initialState: 0), ["fetch-add"], numbers) == nil)
    let locks = ["acquire", "try-acquire", "release"]
    #expect(broken(MutexModel(initialState: false), locks, flags) == nil)
    #expect(broken(OwnerLock(initialState: nil), locks, flags) == nil)
    #expect(broken(Semaphore(initialState: 2), locks, flags) == nil)
  }

  @Test func everyModelExplainsItself() {
    for entry in ModelCatalog.entries {
      #expect(!entry.summary.isEmpty && !entry.initial.isEmpty && !entry.complexity.isEmpty)
      #expect(entry.functions?.isEmpty == false)
      #expect(
        StoredHistoriesTests.models.contains(entry.name), "no stored history of \(entry.name)")
    }
  }
}
