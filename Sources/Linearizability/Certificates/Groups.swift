internal import Histories

/// Numbers the elements that calls are about; -1 where there is none.
private func groups<Command>(
  _ calls: [Call<Command>], _ element: (Command) -> Value?
) -> [Int] {
  var numbers: [Value: Int] = [:]
  return calls.map { call in
    guard let value = element(call.command) else { return -1 }
    let next = numbers.count
    if let number = numbers[value] { return number }
    numbers[value] = next
    return next
  }
}

extension Register {
  /// Values that a cas leads from one to the other belong together. Leaving out all writes, reads and
  /// cas of such a group leaves each other read and cas with the same last change before it. A cas that
  /// failed may have found what is left out.
  func independentGroups(_ calls: [Call<Command>]) -> [Int]? {
    if calls.contains(where: { if case .failedCAS = $0.command { true } else { false } }) {
      return nil
    }
    var parents: [Value: Value] = [:]
    func root(_ value: Value) -> Value {
      var value = value
      while let parent = parents[value] { value = parent }
      return value
    }
    for call in calls {
      guard let observed = call.command.observed, let installed = call.command.installed else {
        continue
      }
      let (one, other) = (root(observed), root(installed))
      if one != other { parents[one] = other }
    }
    return groups(calls) { command in (command.installed ?? command.observed).map(root) }
  }
}

extension FIFOQueue {
  /// Without an element the others keep their order, and an empty queue stays empty.
  func independentGroups(_ calls: [Call<Command>]) -> [Int]? {
    groups(calls) { command in
      switch command {
      case .enqueue(let value), .dequeue(let value), .peek(let value):
        value == .null ? nil : value
      case .dequeueUnknown, .peekUnknown: nil
      }
    }
  }
}

extension Stack {
  /// Without an element the others keep their order, and an empty stack stays empty.
  func independentGroups(_ calls: [Call<Command>]) -> [Int]? {
    groups(calls) { command in
      switch command {
      case .push(let value), .pop(let value), .peek(let value): value == .null ? nil : value
      case .popUnknown, .peekUnknown: nil
      }
    }
  }
}

extension PriorityQueue {
  /// Without an element the smallest of the others is still the smallest.
  func independentGroups(_ calls: [Call<Command>]) -> [Int]? {
    groups(calls) { command in
      switch command {
      case .insert(let value), .poll(let value), .peek(let value): value == .null ? nil : value
      case .pollUnknown, .peekUnknown: nil
      }
    }
  }
}

extension Bag {
  /// Elements do not depend on each other, and an empty bag stays empty.
  func independentGroups(_ calls: [Call<Command>]) -> [Int]? {
    groups(calls) { command in
      switch command {
      case .add(let value), .take(let value): value == .null ? nil : value
      case .takeUnknown: nil
      }
    }
  }
}

extension SetModel {
  /// Elements do not depend on each other, unless the whole set is read.
  func independentGroups(_ calls: [Call<Command>]) -> [Int]? {
    if calls.contains(where: { $0.command.element == nil }) { return nil }
    return groups(calls) { $0.element }
  }
}
