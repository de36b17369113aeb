internal import Histories

/// A set. Adding says whether the element was new, removing whether it was there, where that is
/// known.
struct SetModel: Model {
  enum Command: Hashable, Sendable {
    case add(Value, wasNew: Bool?)
    case remove(Value, wasThere: Bool?)
    case contains(Value, Bool?)
    /// The whole set; nil observed nothing.
    case read(Set<Value>?)

    /// The element; nil of a read of the whole set.
    var element: Value? {
      switch self {
      case .add(let element, _), .remove(let element, _), .contains(let element, _): element
      case .read: nil
      }
    }
  }

  let initialState: Set<Value>

  func command(for operation: Operation) throws(OperationError) -> Command {
    if operation.f == "read" { return .read(try operation.arrayResult().map { Set($0) }) }
    let element = try operation.requiredArgument("the element")
    switch operation.f {
    case "add": return .add(element, wasNew: operation.didSomething)
    case "remove": return .remove(element, wasThere: operation.didSomething)
    default: return .contains(element, operation.didSomething)
    }
  }

  func step(_ state: Set<Value>, _ command: Command) -> Set<Value>? {
    switch command {
    case .add(let element, let wasNew):
      let isNew = !state.contains(element)
      return wasNew ?? isNew == isNew ? state.union([element]) : nil
    case .remove(let element, let wasThere):
      let isThere = state.contains(element)
      return wasThere ?? isThere == isThere ? state.subtracting([element]) : nil
    case .contains(let element, let found):
      return found ?? state.contains(element) == state.contains(element) ? state : nil
    case .read(let elements): return elements ?? state == state ? state : nil
    }
  }

  func isObserver(_ command: Command) -> Bool {
    switch command {
    case .add(_, wasNew: false), .remove(_, wasThere: false), .contains, .read: true
    default: false
    }
  }

  /// The element, unless the whole set is read.
  func object(of command: Command) -> Value? { command.element }

  func elements(of command: Command) -> [Value] {
    let elements: [Value] =
      switch command {
      case .add(let element, _), .remove(let element, _), .contains(let element, _): [element]
      case .read(let elements): Array(elements ?? [])
      }
    return elements.filter { !initialState.contains($0) }
  }

  /// Elements do not depend on each other.
  func command(_ command: Command, hiding hidden: Set<Value>) -> Command? {
    if case .read(let elements) = command { return .read(elements?.subtracting(hidden)) }
    return command.element.map(hidden.contains) == true ? nil : command
  }

  func describe(_ state: Set<Value>) -> String {
    "{" + state.map { $0.shown(limit: 20) }.sorted().joined(separator: ", ") + "}"
  }
}

extension ModelCatalog.Entry {
  static let set = Self(
    own: "set", summary: "a set whose elements come and go",
    functions: [
      .init("add", argument: "the element", result: "whether it was new, if known"),
      .init("remove", argument: "the element", result: "whether it was there, if known"),
      .init("contains", argument: "the element", result: "whether it is there"),
      .init("read", result: "an array of all"),
    ],
    initial: "an array; []",
    complexity:
      "n log n where add and remove say what they did and nothing reads the whole set; else \(exponential)"
  ) { options throws(OperationError) in SetModel(initialState: Set(try options.initialArray())) }
}
