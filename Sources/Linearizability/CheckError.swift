public import Histories

/// Why a history could not be judged.
public enum CheckError: Error, Sendable, CustomStringConvertible {
  /// The history is malformed, or an operation does not fit the model.
  case history(HistoryError)
  /// There is no such model; there are those `known`.
  case unknownModel(String, known: [String])
  /// An option does not suit the model.
  case invalidOption(String)
  /// A model from outside claims something of its commands that is not so.
  case brokenModel(String)
  /// A bug: a linearization that was found did not hold when it was replayed.
  case internalError(String)

  /// What happened and what to do.
  public var description: String {
    switch self {
    case .history(let error): "\(error)"
    case .unknownModel(let name, let known):
      "there is no model \(Value.string(name).shown()); there are "
        + known.joined(separator: ", ")
    case .invalidOption(let what), .brokenModel(let what): what
    case .internalError(let what): "internal error, please report it: \(what)"
    }
  }
}
