internal import Histories

extension Operation {
  /// The result of an ok; nil where it is not known, because the operation crashed or its completion
  /// had no value.
  var result: Value? { if case .ok(let value) = outcome { value } else { nil } }

  /// The argument, which must be there.
  func requiredArgument(_ what: String) throws(OperationError) -> Value {
    guard let argument else {
      throw OperationError(message: "\(f.shown(limit: 40)) has no 'value'; it must be \(what)")
    }
    return argument
  }

  /// The argument, which must be an integer; `standard` where it is absent or null.
  func integerArgument(standard: Int64?) throws(OperationError) -> Int64 {
    switch argument {
    case .integer(let number)?: return number
    case nil, .null?:
      if let standard { return standard }
      throw OperationError(message: "\(f.shown(limit: 40)) has no 'value'; it must be an integer")
    case let other?:
      throw OperationError(
        message:
          "the 'value' of \(f.shown(limit: 40)) must be an integer; found \(other.shown(limit: 40))"
      )
    }
  }

  /// The result, which must be an integer where it is known.
  func integerResult() throws(OperationError) -> Int64? {
    switch result {
    case nil: return nil
    case .integer(let number)?: return number
    case let other?:
      throw OperationError(
        message: "\(f.shown(limit: 40)) gave \(other.shown(limit: 40)), which is no integer")
    }
  }

  /// The result, which must be an array where it is known.
  func arrayResult() throws(OperationError) -> [Value]? {
    switch result {
    case nil: return nil
    case .array(let elements)?: return elements
    case let other?:
      throw OperationError(
        message: "\(f.shown(limit: 40)) gave \(other.shown(limit: 40)), which is no array")
    }
  }

  /// Whether it did something: the result where it is a truth value.
  var didSomething: Bool? { if case .bool(let flag)? = result { flag } else { nil } }
}

extension CheckOptions {
  /// The initial value as an array; empty where it is null.
  func initialArray() throws(OperationError) -> [Value] {
    switch initial {
    case .null: return []
    case .array(let elements): return elements
    default:
      throw OperationError(
        message: "the initial value of \(model) must be an array, not \(initial.shown(limit: 40))")
    }
  }

  /// The initial value as an integer; `standard` where it is null.
  func initialInteger(standard: Int64) throws(OperationError) -> Int64 {
    switch initial {
    case .null: return standard
    case .integer(let number): return number
    default:
      throw OperationError(
        message: "the initial value of \(model) must be an integer, not \(initial.shown(limit: 40))"
      )
    }
  }
}

/// The complexity of models that are only searched.
let exponential = "exponential in the number of concurrent operations"

/// How long containers take: what crashed calls took and which of equal elements was taken is often, but not
/// always, found without a search.
let unlessCrashedOrRepeated =
  "n log n where elements are unique and nothing that takes one crashed, mostly elsewhere too; else \(exponential)"
