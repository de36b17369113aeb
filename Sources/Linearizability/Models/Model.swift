public import Histories

/// What an object may do when its operations run one after another: all that a search needs.
///
/// A search numbers states and commands and asks for each pair once, so these functions need not
/// be fast; they must be pure.
public protocol Specification: Sendable {
  /// What the object holds. Equal states must have equal futures.
  associatedtype State: Hashable & Sendable
  /// An operation without its time: function, argument and, where known, result.
  associatedtype Command: Hashable & Sendable

  /// The state before the first operation.
  var initialState: State { get }

  /// The state after the command; nil where it cannot happen, or not with this result.
  func step(_ state: State, _ command: Command) -> State?

  /// Whether the command changes no state in which it is possible. Default: false, which is
  /// always right and costs time.
  func isObserver(_ command: Command) -> Bool

  /// Whether the command is possible in every state and undoes what any other overwrite did right
  /// before it: step(step(s, a), b) = step(s, b) for all states s and overwrites a and b.
  /// Default: false, which is always right and costs time.
  func isOverwrite(_ command: Command) -> Bool

  /// Whether the command only adds to what the state holds, in the sense of `isHopeless`. Default:
  /// false, which is always right and costs time.
  func isGrowth(_ command: Command) -> Bool

  /// Whether the observer is impossible in the state and stays so after any sequence of growths:
  /// the state holds what the observer did not see and growths do not take away. The search looks
  /// ahead with it: where a list is appended to and read as a whole, a state that is no prefix of
  /// what is read next leads nowhere. Default: false, which is always right and costs time.
  func isHopeless(_ observer: Command, in state: State) -> Bool

  /// The part of the state that the command is about; nil if it may be about all of it. Commands
  /// about different objects do not depend on each other: each is possible, or not, whether the
  /// other came before it or not, and their order does not matter for the state. The search takes
  /// such objects one by one. Default: nil, which is always right and costs time.
  func object(of command: Command) -> Value?
}

/// A specification of recorded operations, which can explain itself.
public protocol Model: Specification {
  /// Translates an operation that did not fail, or whose failure is an observation; throws what is wrong with its argument or result.
  ///
  /// A crashed operation has no result: its command must be possible with any.
  func command(for operation: Operation) throws(OperationError) -> Command

  /// Whether an operation that failed is an observation and has a command, which must be an observer's.
  /// Default: false, it did not happen.
  func observesFailure(of operation: Operation) -> Bool

  /// For each crashed call, the position of the last completion that it can help to explain;
  /// the search drops it from there on. What it says of other calls is ignored.
  ///
  /// Whatever is given must be sound: a history that has a linearization in which the call takes
  /// effect after that position must also have one in which it does not. Default: the last
  /// completion, which is always right.
  func usefulUntil(_ calls: [Call<Command>]) -> [Int]

  /// Decides the calls without a search, where they are of a kind for which there is a better way.
  ///
  /// The calls are in order of invocation, without those that failed and without crashed observers.
  /// Default: undecided.
  func solve(_ calls: [Call<Command>]) -> SolverResult

  /// Whether the solver is asked without the command, an observer, for which a place is then looked
  /// for in the order that it gives. Default: false.
  func isSolvedLater(_ command: Command) -> Bool

  /// For each call the number of its group, such that a history stays linearizable when all calls of
  /// a group are left out; -1 for calls that must stay. Nil if there is no such law, the default.
  ///
  /// A violation is explained by what is left when groups are left out, so the law must hold for
  /// any set of groups.
  func independentGroups(_ calls: [Call<Command>]) -> [Int]?

  /// The elements of a collection that the command adds, takes or sees, apart from those that are there at
  /// first. Default: none.
  func elements(of command: Command) -> [Value]

  /// The command as it would be if there were no such elements; nil if nothing is left of it: of an addition
  /// nothing, of a read of the whole collection one that does not show them. The operation's result must be
  /// an array then, and the command that of the operation without the elements in that array.
  ///
  /// Commands that are possible one after another must stay so when the same elements are hidden from all of
  /// them, whichever these are. A violation is explained by what is left. Default: the command.
  func command(_ command: Command, hiding elements: Set<Value>) -> Command?

  /// The state in words. Default: Swift's description, shortened.
  func describe(_ state: State) -> String

  /// One to four sentences on why the operation is impossible. They must be true in every case.
  /// Default: none.
  func explain(_ evidence: Evidence<State>) -> [String]
}

/// What a solver says of calls, which it gives by their index.
public enum SolverResult: Sendable, Equatable {
  /// They can be put in this order, which has every completed call and those crashed ones that are
  /// to take effect. It is replayed by the verifier before anybody is told.
  case linearizable([Int])
  /// No order exists. These calls, few if possible, are what makes it so.
  case impossible([Int])
  /// The calls are not of the kind that the solver decides.
  case undecided
}

/// What is wrong with an operation, in words.
public struct OperationError: Error {
  /// One line, bounded and escaped.
  public var message: String

  /// Makes an error.
  public init(message: String) { self.message = message }
}

/// An operation as a search sees it.
public struct Call<Command: Hashable & Sendable>: Sendable {
  /// `Operation.id`.
  public var operation: Int
  /// What it does.
  public var command: Command
  /// The position of the invocation event.
  public var invocation: Int
  /// The position of the completion event; nil for a crashed call, which may take effect at any
  /// time after its invocation, or never.
  public var completion: Int?

  /// Whether nobody knows whether it took effect.
  public var isCrashed: Bool { completion == nil }

  /// Makes a call.
  public init(operation: Int, command: Command, invocation: Int, completion: Int?) {
    self.operation = operation
    self.command = command
    self.invocation = invocation
    self.completion = completion
  }

  /// The same with a command of another kind.
  func with<Other>(_ command: Other) -> Call<Other> {
    Call<Other>(
      operation: operation, command: command, invocation: invocation, completion: completion)
  }
}

extension Specification {
  /// Nothing is known to be an observer.
  public func isObserver(_ command: Command) -> Bool { false }

  /// Nothing is known to be an overwrite.
  public func isOverwrite(_ command: Command) -> Bool { false }

  /// Nothing is known to be a growth.
  public func isGrowth(_ command: Command) -> Bool { false }

  /// Nothing is known to be hopeless.
  public func isHopeless(_ observer: Command, in state: State) -> Bool { false }

  /// All commands may depend on each other.
  public func object(of command: Command) -> Value? { nil }
}

extension Model {
  /// A crashed call can only help completions, so none after the last one.
  public func usefulUntil(_ calls: [Call<Command>]) -> [Int] {
    let last = calls.compactMap(\.completion).max() ?? -1
    return calls.map { _ in last }
  }

  /// What failed did not happen.
  public func observesFailure(of operation: Operation) -> Bool { false }

  /// Whether the operation is to be explained, or may help to.
  func counts(_ operation: Operation) -> Bool {
    operation.outcome != .fail || observesFailure(of: operation)
  }

  /// Every call may matter.
  public func independentGroups(_ calls: [Call<Command>]) -> [Int]? { nil }

  /// No command is about elements.
  public func elements(of command: Command) -> [Value] { [] }

  /// Nothing is hidden.
  public func command(_ command: Command, hiding elements: Set<Value>) -> Command? { command }

  /// The solver takes every command.
  public func isSolvedLater(_ command: Command) -> Bool { false }

  /// There is no solver.
  public func solve(_ calls: [Call<Command>]) -> SolverResult { .undecided }

  /// Swift's description, shortened.
  public func describe(_ state: State) -> String { "\(state)".shown(limit: 80) }

  /// Nothing to say.
  public func explain(_ evidence: Evidence<State>) -> [String] { [] }
}
