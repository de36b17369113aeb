internal import Histories

/// Numbers the elements that calls are about; -1 where there is none.
private func groups<Command>(
  _ calls: [Call<Command>], _ element: (Command) -> Value?
) -> [Int] {
  var numbers = ValueNumbers()
  return calls.map { call in
    element(call.command).map { Int(numbers.number(of: $0) as UInt32) } ?? -1
  }
}

/// Numbers the values of a register that belong together, by access; -1 where there is none. Nil if
/// there are no such groups. Values are numbers from 0, below `valueCount`.
///
/// Values that a cas leads from one to the other belong together. Leaving out all writes, reads and
/// cas of such a group leaves each other read and cas with the same last change before it. A cas that
/// failed may have found what is left out.
func linkedGroups<Number: BinaryInteger>(
  _ accesses: some Collection<RegisterAccess<Number>>, valueCount: Int
) -> [Int]? {
  if accesses.contains(where: { $0.denied != nil }) { return nil }
  var parents = Array(0..<valueCount)
  func root(_ value: Number) -> Int {
    var value = Int(value)
    while parents[value] != value {
      // Each step halves the way, so that a long chain of cas is not walked again and again.
      parents[value] = parents[parents[value]]
      value = parents[value]
    }
    return value
  }
  for access in accesses {
    guard let observed = access.observed, let installed = access.installed else { continue }
    parents[root(observed)] = root(installed)
  }
  // By the root, in order of appearance.
  var numbers = Array(repeating: -1, count: valueCount)
  var count = 0
  return accesses.map { access in
    guard let root = (access.installed ?? access.observed).map(root) else { return -1 }
    if numbers[root] < 0 {
      numbers[root] = count
      count += 1
    }
    return numbers[root]
  }
}

extension Register {
  func independentGroups(_ calls: [Call<Command>]) -> [Int]? {
    var numbers = ValueNumbers()
    let accesses = calls.map { $0.command.access.map { numbers.number(of: $0) as UInt32 } }
    return linkedGroups(accesses, valueCount: numbers.count)
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
