import Histories
import Randomness
import Testing

@testable import Linearizability

extension UnorderedElements {
  /// What may be taken next.
  var possible: [Value] { Set(layers.flatMap(\.counts.keys)).sorted { $0.json < $1.json } }
}

/// All that may be left, each alternative by itself.
private struct Alternatives {
  private(set) var all: Set<[Value]> = [[]]

  mutating func insert(_ element: Value) {
    all = Set(all.map { ($0 + [element]).sorted { $0.json < $1.json } })
  }

  /// Whether the element can have been taken.
  mutating func remove(_ element: Value) -> Bool {
    all = Set(all.compactMap { Self.without(element, $0) })
    return !all.isEmpty
  }

  mutating func see(_ element: Value) -> Bool {
    all = all.filter { $0.contains(element) }
    return !all.isEmpty
  }

  mutating func removeUnknown() {
    all = Set(
      all.flatMap { elements in
        elements.isEmpty ? [elements] : elements.compactMap { Self.without($0, elements) }
      })
  }

  private static func without(_ element: Value, _ elements: [Value]) -> [Value]? {
    guard let index = elements.firstIndex(of: element) else { return nil }
    var rest = elements
    rest.remove(at: index)
    return rest
  }
}

@Suite struct UnorderedElementsTests {
  /// Against every alternative by itself.
  @Test func saysWhatMayBeLeft() {
    var random = SeededRandom(seed: 71)
    var (refused, several) = (0, 0)
    for round in 0..<3_000 {
      var elements = UnorderedElements()
      var alternatives = Alternatives()
      for _ in 0..<Int.random(in: 1...14, using: &random) {
        let element = Value.integer(Int64.random(in: 1...4, using: &random))
        let (before, step) = ((elements, alternatives), Int.random(in: 0..<10, using: &random))
        var (isPossible, expected) = (true, true)
        switch step {
        case 0..<4:
          elements.insert(element)
          alternatives.insert(element)
        case 4..<6:
          (isPossible, expected) = (elements.remove(element), alternatives.remove(element))
        case 6: (isPossible, expected) = (elements.see(element), alternatives.see(element))
        default:
          elements.removeUnknown()
          alternatives.removeUnknown()
        }
        #expect(isPossible == expected, "round \(round)")
        if !expected {
          (elements, alternatives) = before
          refused += 1
        }
        #expect(elements.isEmpty == (alternatives.all == [[]]), "round \(round)")
        #expect(Set(elements.possible) == Set(alternatives.all.flatMap(\.self)), "round \(round)")
        #expect(elements.isEmpty || !alternatives.all.contains([]), "round \(round)")
        several += alternatives.all.count > 1 ? 1 : 0
      }
    }
    #expect(refused > 1_000 && several > 2_000, "\(refused), \(several)")
  }

  @Test func saysItInWords() {
    var elements = UnorderedElements()
    for number in 1...4 { elements.insert(.integer(Int64(number))) }
    #expect(elements.text == "{1, 2, 3, 4}" && elements.certain?.count == 4)
    elements.removeUnknown()
    elements.removeUnknown()
    elements.insert(.integer(5))
    #expect(elements.text == "{1, 2, 3, 4} less 2 and {5}" && elements.certain == nil)
    elements.removeUnknown()
    #expect(elements.text == "{1, 2, 3, 4} less 2 and {5} less 1")
  }
}
