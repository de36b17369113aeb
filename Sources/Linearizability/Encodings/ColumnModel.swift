/// A model whose calls a solver reads as columns of numbers.
protocol ColumnModel: Model {
  /// The calls as columns; nil if the solver does not decide such calls.
  ///
  /// A prefix of the columns must be a prefix of the calls: what a number means must not depend on
  /// what comes later.
  func problem(_ calls: [Call<Command>]) -> ColumnProblem?
}

extension ColumnModel {
  func solve(_ calls: [Call<Command>]) -> SolverResult { problem(calls)?.solve() ?? .undecided }

  /// The same for calls whose type is not known where it is needed.
  func problem(ofCalls calls: Any) -> ColumnProblem? {
    (calls as? [Call<Command>]).flatMap(problem)
  }
}
