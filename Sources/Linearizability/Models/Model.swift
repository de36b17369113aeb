internal import Histories

/// What an object may do when its operations run one after another: all that a search needs.
///
/// A search numbers states and commands and asks for each pair once, so these functions need not
/// be fast; they must be pure.
protocol Specification: Sendable {
  /// What the object holds. Equal states must have equal futures.
  associatedtype State: Hashable & Sendable
  /// An operation without its time: function, argument and, where known, result.
  associatedtype Command: Hashable & Sendable

  /// The state before the first operation.
  var initialState: State { get }

  /// The state after the command; nil where it cannot happen, or not with this result.
  func step(_ state: State, _ command: Command) -> State?

  /// Whether the command changes no state in which it is possible.
  func isObserver(_ command: Command) -> Bool

  /// Whether the command is possible in every state and undoes what any other overwrite did right
  /// before it: step(step(s, a), b) = step(s, b) for all states s and overwrites a and b.
  func isOverwrite(_ command: Command) -> Bool
}

/// A specification of recorded operations, which can explain itself.
protocol Model: Specification {
  /// The values of `Operation.f` that it knows.
  var functions: [String] { get }

  /// Translates an operation that did not fail; throws what is wrong with its argument.
  ///
  /// Called only for functions that the model knows.
  func command(for operation: Operation) throws(OperationError) -> Command

  /// For each crashed call, the position of the last completion that it can help to explain;
  /// the search drops it from there on. What it says of other calls is ignored.
  ///
  /// Whatever is given must be sound: a history that has a linearization in which the call takes
  /// effect after that position must also have one in which it does not.
  func usefulUntil(_ calls: [Call<Command>]) -> [Int]

  /// The state in words.
  func describe(_ state: State) -> String

  /// One to four sentences on why the operation is impossible. They must be true in every case.
  func explain(_ evidence: Evidence<State>) -> [String]
}

/// What is wrong with an operation, in words.
struct OperationError: Error {
  var message: String
}

/// An operation as a search sees it.
struct Call<Command: Hashable & Sendable>: Sendable {
  /// `Operation.id`.
  var operation: Int
  var command: Command
  /// The positions of the invocation and completion events; the latter is nil for a crashed call,
  /// which may take effect at any time after its invocation, or never.
  var invocation: Int
  var completion: Int?

  var isCrashed: Bool { completion == nil }
}

extension Model {
  /// A crashed call can only help completions, so none after the last one.
  func usefulUntil(_ calls: [Call<Command>]) -> [Int] {
    let last = calls.compactMap(\.completion).max() ?? -1
    return calls.map { _ in last }
  }
}
