/// What a solver says of columns before anybody asks for an order.
package enum Decision: Equatable, Sendable {
  case linearizable
  /// No order exists. These calls, few if possible, are what makes it so.
  case impossible([Int])
  /// The calls are not of the kind that the solver decides.
  case undecided
}

/// What a solver says of columns, with an order of the calls by their index.
package enum ColumnAnswer: Equatable, Sendable {
  case linearizable([UInt32])
  case impossible([Int])
  case undecided
}

extension SolverResult {
  init(_ answer: ColumnAnswer) {
    self =
      switch answer {
      case .linearizable(let order): .linearizable(order.map(Int.init))
      case .impossible(let core): .impossible(core)
      case .undecided: .undecided
      }
  }
}

/// Decides calls that are columns of numbers, without a search.
///
/// Crashed calls that change nothing are none of its business: it passes them over.
package protocol ColumnSolver: ~Copyable, SendableMetatype {
  mutating func decide() -> Decision
  /// An order of the calls by their index, once they were found to be linearizable: every completed
  /// call and those crashed ones that are to take effect.
  mutating func linearization() -> [UInt32]
}

extension ColumnSolver where Self: ~Copyable {
  /// What it decides, for those who do not ask for an order.
  consuming func decision() -> Decision { decide() }

  /// The answer; what the solver needed for it is given back.
  consuming func answer() -> ColumnAnswer {
    switch decide() {
    case .linearizable: .linearizable(linearization())
    case .impossible(let core): .impossible(core)
    case .undecided: .undecided
    }
  }
}

/// The calls of a model as columns, and what decides them.
package struct ColumnProblem: Sendable {
  package let columns: CallColumns
  /// By kind, the kind that a call has once it is taken as crashed.
  let crashedKinds: [UInt8]
  /// The kinds of calls that a solver can also take as crashed with an effect that is known.
  let knownKinds: [UInt8]
  /// Decides the columns, or a prefix of them.
  package let decide: @Sendable (CallColumns) -> Decision
  let answer: @Sendable (CallColumns) -> ColumnAnswer

  init<Solver: ColumnSolver & ~Copyable>(
    _ columns: CallColumns, crashedKinds: [UInt8], knownKinds: [UInt8] = [],
    solver: @escaping @Sendable (CallColumns) -> Solver
  ) {
    self.columns = columns
    self.crashedKinds = crashedKinds
    self.knownKinds = knownKinds
    decide = { solver($0).decision() }
    answer = { solver($0).answer() }
  }

  /// The answer for all calls.
  package func answerForAll() -> ColumnAnswer { answer(columns) }

  /// The answer for all calls, as models give it.
  package func solve() -> SolverResult { SolverResult(answerForAll()) }

  /// The columns as they were right after the event at that position.
  func prefix(until end: UInt32) -> CallColumns {
    columns.prefix(until: end) { crashedKinds[Int($1)] }
  }
}
