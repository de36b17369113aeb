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
        model.problem(of: partition.operations, functions: ["read", "write", "cas"]))
      guard case .linearizable(let order) = problem.problem.solve() else {
        Issue.record("\(partition.key?.json ?? "no key") is not linearizable")
        continue
      }
      let table = try #require(partition.operations.rows?.table)
      let ids = order.map { problem.ids[$0] }
      let verifier = TableVerifier(table: table, operations: partition.operations)
      try verifier.verify(ids, model.replay(on: table))
      try WitnessVerifier(model: model, operations: partition.operations).replay(ids.map(Int.init))
      try expectRejection(of: ids, verifier, model)
    }
    #expect(try check(history, CheckOptions(model: "cas-register")).verdict == .linearizable)
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
