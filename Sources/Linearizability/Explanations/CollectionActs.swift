internal import Histories

extension FIFOQueue: ElementModel {
  var initialElements: [Value] { initialState }
  var order: ElementOrder { .firstIn }
  var participles: (added: String, taken: String) { ("enqueued", "dequeued") }

  func act(of operation: Operation) -> ElementAct {
    switch operation.f {
    case "enqueue": .adding(operation)
    case "dequeue": .taking(operation)
    default: .peeking(operation)
    }
  }
}

extension Stack: ElementModel {
  var initialElements: [Value] { initialState }
  var order: ElementOrder { .lastIn }
  var participles: (added: String, taken: String) { ("pushed", "popped") }

  func act(of operation: Operation) -> ElementAct {
    switch operation.f {
    case "push": .adding(operation)
    case "pop": .taking(operation)
    default: .peeking(operation)
    }
  }
}

extension PriorityQueue: ElementModel {
  var initialElements: [Value] { initialState.flatMap { $0.elements.certain ?? [] } }
  var order: ElementOrder { .smallest { Self.priority($0) } }
  var participles: (added: String, taken: String) { ("inserted", "polled") }

  func act(of operation: Operation) -> ElementAct {
    switch operation.f {
    case "insert": .adding(operation)
    case "poll": .taking(operation)
    default: .peeking(operation)
    }
  }
}

extension Bag: ElementModel {
  var initialElements: [Value] { initialState.certain ?? [] }
  var order: ElementOrder { .any }
  var participles: (added: String, taken: String) { ("added", "taken") }

  func act(of operation: Operation) -> ElementAct {
    operation.f == "add" ? .adding(operation) : .taking(operation)
  }
}

extension SetModel: ElementModel {
  var initialElements: [Value] { Array(initialState) }
  var order: ElementOrder { .any }
  var participles: (added: String, taken: String) { ("added", "removed") }

  /// What was added although it was there, or removed although it was not, had no effect.
  func act(of operation: Operation) -> ElementAct {
    var act = ElementAct(operation: operation)
    let element = operation.argument ?? .null
    switch (operation.f, operation.didSomething) {
    case ("add", true?):
      act.adds = element
      act.lacks = .element(element)
    case ("add", false?), ("contains", true?): act.finds = [element]
    case ("add", nil): act.adds = element
    case ("remove", false?), ("contains", false?): act.lacks = .element(element)
    case ("remove", true?):
      act.takes = element
      act.finds = [element]
    case ("remove", nil): act.takes = element
    case ("read", _): act.readAll()
    default: break
    }
    return act
  }
}

extension GrowOnlySet: ElementModel {
  var initialElements: [Value] { Array(initialState) }
  var order: ElementOrder { .kept(isList: false) }
  var participles: (added: String, taken: String) { ("added", "") }

  func act(of operation: Operation) -> ElementAct {
    if operation.f != "read" { return .adding(operation) }
    var act = ElementAct(operation: operation)
    act.readAll()
    return act
  }
}

extension AppendList: ElementModel {
  var initialElements: [Value] { initialState }
  var order: ElementOrder { .kept(isList: true) }
  var participles: (added: String, taken: String) { ("appended", "") }

  func act(of operation: Operation) -> ElementAct {
    if operation.f != "read" { return .adding(operation) }
    var act = ElementAct(operation: operation)
    if operation.result == .null { act.lacks = .allBut([]) } else { act.readAll() }
    return act
  }
}

extension ElementAct {
  fileprivate static func adding(_ operation: Operation) -> ElementAct {
    ElementAct(operation: operation, adds: operation.argument)
  }

  /// Null: nothing was there.
  fileprivate static func taking(_ operation: Operation) -> ElementAct {
    var act = peeking(operation)
    if let element = act.finds.first { act.takes = element }
    act.takesUnknown = operation.result == nil
    return act
  }

  fileprivate static func peeking(_ operation: Operation) -> ElementAct {
    var act = ElementAct(operation: operation)
    switch operation.result {
    case .null?: act.lacks = .allBut([])
    case let element?: act.finds = [element]
    case nil: break
    }
    return act
  }

  fileprivate mutating func readAll() {
    guard case .array(let elements)? = operation.result else { return }
    finds = elements
    lacks = .allBut(Set(elements))
  }
}
