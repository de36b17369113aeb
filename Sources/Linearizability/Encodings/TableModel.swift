internal import Histories

/// A model whose operations can be read from a table straight into columns, which saves making an
/// operation and a command of each.
protocol TableModel: ColumnModel {
  /// The operations as columns, whose functions are all among the model's; nil if some
  /// operation does not fit the model, or the solver does not decide such operations.
  func problem(of operations: Operations) -> TableProblem?

  /// Replays an order of ids on the table. It must not use what `problem` made.
  func replay(on table: OperationTable) -> any TableReplay

  /// Searches where the solver did not decide, without a command of each operation; states are numbers.
  /// Nil, the default, if the model has no such search.
  func search(
    _ problem: TableProblem, on table: OperationTable, _ budget: SearchBudget
  ) -> (SearchResult<UInt32>, effort: SearchEffort)?
}

extension TableModel {
  func search(
    _ problem: TableProblem, on table: OperationTable, _ budget: SearchBudget
  ) -> (SearchResult<UInt32>, effort: SearchEffort)? { nil }
}

/// A column problem, and what its calls are in the table.
struct TableProblem {
  let problem: ColumnProblem
  /// The `Operation.id` of each call; nil where it is the call's index.
  let ids: [UInt32]?
  /// What a search has as the state at first, where the model has one.
  var initial = CallColumns.none

  /// The id of the call with that index.
  func id(of call: Int) -> Int { ids.map { Int($0[call]) } ?? call }

  /// The ids of calls by their index.
  func ids(of calls: [UInt32]) -> [UInt32] {
    guard let ids else { return calls }
    return calls.map { ids[Int($0)] }
  }
}

/// Follows the state of an object as operations of a table take effect one after another.
protocol TableReplay {
  /// Lets the operation take effect; false if it is not possible, or not with its result.
  mutating func apply(_ id: Int) -> Bool
}

extension TableReplay {
  /// Lets all of them take effect; gives how many did before one that could not.
  mutating func apply(all ids: [UInt32]) -> Int {
    for (index, id) in ids.enumerated() where !apply(Int(id)) { return index }
    return ids.count
  }
}
