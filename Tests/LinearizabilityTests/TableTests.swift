import Histories
import Testing

@testable import Linearizability

/// Columns that are made straight from a table, at sizes at which numbers are no longer dense.
struct TableTests {
  @Test(arguments: [0, 30], [false, true])
  func registersAreDecidedFromTheTable(keys: Int, hasCAS: Bool) throws {
    var random = RandomHistories(seed: UInt64(keys + 1))
    let history = random.history(
      .init(
        processes: 8, operations: 4000, values: nil, keys: keys, infos: 3, fails: 5,
        hasCAS: hasCAS))
    let model = Register(CheckOptions(model: "cas-register"))
    for partition in try Partition.all(of: history, byKey: true) {
      let problem = try #require(
        model.problem(of: partition.operations))
      guard case .linearizable(let order) = problem.problem.answerForAll() else {
        Issue.record("\(partition.key?.json ?? "no key") is not linearizable")
        continue
      }
      let table = try #require(partition.operations.rows?.table)
      let ids = problem.ids(of: order)
      let verifier = TableVerifier(table: table, operations: partition.operations)
      try verifier.verify(ids, model.replay(on: table))
      try WitnessVerifier(model: model, operations: partition.operations).replay(ids.map(Int.init))
      try expectRejection(of: ids, verifier, model)
    }
    #expect(try check(history, CheckOptions(model: "cas-register")).verdict == .linearizable)
  }

  /// Where nothing failed the table's columns serve as they are; where something did, others are made.
  @Test(arguments: [0, 1, 5])
  func columnsAreTheTablesWhereTheyCanBe(fails: Int) throws {
    var random = RandomHistories(seed: UInt64(fails + 40))
    let history = random.history(
      .init(
        processes: 8, operations: 2000, values: nil, infos: 3, fails: fails, hasCAS: false))
    let partition = try Partition.all(of: history, byKey: true)[0]
    let model = Register(CheckOptions(model: "register"))
    let problem = try #require(model.problem(of: partition.operations))
    #expect((problem.ids == nil) == (fails == 0))
    let crashes = problem.problem.columns.completion.count { $0 == CallColumns.none }
    #expect(crashes > 20)
    guard case .linearizable(let order) = problem.problem.answerForAll() else {
      Issue.record("not linearizable")
      return
    }
    let table = try #require(partition.operations.rows?.table)
    let ids = problem.ids(of: order)
    try TableVerifier(table: table, operations: partition.operations)
      .verify(ids, model.replay(on: table))
    try WitnessVerifier(model: model, operations: partition.operations).replay(ids.map(Int.init))
  }

  /// A store's key is a register, and to delete it is to write what is there at first.
  @Test func storesAreDecidedAsRegisters() throws {
    var histories = RandomHistories(seed: 71)
    var answers: [Answer] = []
    var searched = 0
    for round in 0..<600 {
      let register = startingWithZero(
        histories.history(
          .init(
            processes: 2 + round % 5, operations: 6 + round % 40,
            values: round % 3 == 0 ? nil : 2 + round % 4, infos: round % 2 * 15,
            tampered: round % 4 * 5)))
      let store = asStore(register)
      let operations = try Partition.all(of: store, byKey: true)[0].operations
      let model = KeyValueStore(initialState: .integer(0), nullReadsAreUnknown: false)
      let problem = try #require(model.problem(of: operations))
      let expected = try answer(register, "cas-register", usesSolvers: false)
      if problem.problem.solve() == .undecided {
        searched += 1
        let table = try #require(operations.rows?.table)
        let (result, _) = try #require(
          (model as any TableModel).search(problem, on: table, SearchBudget()))
        if case .linearizable = result {
          #expect(expected == .linearizable, "\(dump(store))")
        } else {
          #expect(expected != .linearizable, "\(dump(store))")
        }
      }
      #expect(try answer(store, "kv", usesSolvers: true) == expected, "\(dump(store))")
      #expect(try answer(store, "kv", usesSolvers: false) == expected, "\(dump(store))")
      answers.append(expected)
    }
    let linearizable = answers.count { $0 == .linearizable }
    #expect(linearizable > 200 && linearizable < 500, "\(linearizable)")
    #expect(searched > 300, "\(searched)")
  }

  private func answer(_ history: History, _ model: String, usesSolvers: Bool) throws -> Answer {
    let options = CheckOptions(
      model: model, initial: .integer(0), allowEmpty: true, usesSolvers: usesSolvers)
    return try check(history, options).partitions[0].answer
  }

  /// The history with 0 in place of null, in which both are the same.
  private func startingWithZero(_ history: History) -> History {
    var history = history
    func value(_ value: Value) -> Value {
      if case .array(let pair) = value {
        return .array(pair.map { $0 == .null ? .integer(0) : $0 })
      }
      return value == .null ? .integer(0) : value
    }
    for index in history.events.indices {
      history.events[index].value = history.events[index].value.map(value)
    }
    return history
  }

  private func asStore(_ history: History) -> History {
    var history = history
    var deleting: Set<ProcessID> = []
    for index in history.events.indices {
      let event = history.events[index]
      if event.f == "read" { history.events[index].f = "get" }
      guard event.f == "write" else { continue }
      if event.type == .invoke, event.value == .integer(0) { deleting.insert(event.process) }
      let isDelete = deleting.contains(event.process)
      history.events[index].f = isDelete ? "delete" : "put"
      if isDelete { history.events[index].value = nil }
      if event.type != .invoke { deleting.remove(event.process) }
    }
    return history
  }

  /// Orders that are wrong are found out by the verifier of tables as by that of operations.
  private func expectRejection(
    of order: [UInt32], _ verifier: TableVerifier, _ model: Register
  ) throws {
    guard order.count > 40 else { return }
    var wrong: [[UInt32]] = [
      Array(order.dropLast()) + [order[0]], order.reversed(), order + [order[3]],
    ]
    if let missing = order.first(where: { verifier.table.rows[Int($0)].ending == .ok }) {
      wrong.append(order.filter { $0 != missing })
    }
    for order in wrong {
      #expect(throws: CheckError.self) {
        try verifier.verify(order, model.replay(on: verifier.table))
      }
    }
  }
}
