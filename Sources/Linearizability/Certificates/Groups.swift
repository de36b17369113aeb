internal import Histories

/// Numbers the elements that calls are about; -1 where there is none.
private func groups<Command>(
  _ calls: [Call<Command>], _ element: (Command) -> Value?
) -> [Int] {
  groups(calls.map { element($0.command) })
}

/// Numbers the elements; -1 where there is none.
private func groups<Element: Hashable>(_ elements: some Collection<Element?>) -> [Int] {
  var numbers: [Element: Int] = [:]
  return elements.map { element in
    guard let element else { return -1 }
    let next = numbers.count
    if let number = numbers[element] { return number }
    numbers[element] = next
    return next
  }
}

/// Numbers the values of a register that belong together, by access; -1 where there is none. Nil if
/// there are no such groups.
///
/// Values that a cas leads from one to the other belong together. Leaving out all writes, reads and
/// cas of such a group leaves each other read and cas with the same last change before it. A cas that
/// failed may have found what is left out.
func linkedGroups<Element>(
  _ accesses: some Collection<RegisterAccess<Element>>
) -> [Int]? {
  if accesses.contains(where: { $0.denied != nil }) { return nil }
  var parents: [Element: Element] = [:]
  func root(_ value: Element) -> Element {
    var value = value
    while let parent = parents[value] { value = parent }
    return value
  }
  for access in accesses {
    guard let observed = access.observed, let installed = access.installed else { continue }
    let (one, other) = (root(observed), root(installed))
    if one != other { parents[one] = other }
  }
  return groups(accesses.lazy.map { ($0.installed ?? $0.observed).map(root) })
}

extension Register {
  func independentGroups(_ calls: [Call<Command>]) -> [Int]? {
    linkedGroups(calls.lazy.map(\.command.access))
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
