internal import Histories

/// Elements of which any may be taken next, where crashed calls may have taken some that nobody knows.
///
/// They are in layers by age. Between two layers a crashed call took one of the elements in the layers before
/// it, so those removals are as many as there are borders, and what may be left is what some choice for all
/// of them leaves. A choice exists if and only if for each border the layers before it have as many
/// elements as there are borders up to it (P. Hall's condition; the sets grow with the border).
///
/// Invariant: they have more than that. Where they have just as many, all of these elements are gone, and
/// both are dropped. So whatever is there may be the next to be taken, and one choice is left then.
/// Of equal elements the newest is taken: that leaves most to choose from for the removals before.
struct UnorderedElements: Hashable, Sendable {
  struct Layer: Hashable, Sendable {
    /// How many of each element there are.
    var counts: [Value: Int] = [:]
    var size = 0
  }

  private(set) var layers: [Layer]

  /// Elements of which none has been taken, with how many there are of each.
  init(_ counts: [Value: Int] = [:]) {
    layers = [Layer(counts: counts, size: counts.values.reduce(0, +))]
  }

  /// Whether nothing can be left.
  var isEmpty: Bool { layers.count == 1 && layers[0].size == 0 }

  mutating func insert(_ element: Value) {
    layers[layers.count - 1].counts[element, default: 0] += 1
    layers[layers.count - 1].size += 1
  }

  /// Takes the element out; false if it cannot be there.
  mutating func remove(_ element: Value) -> Bool {
    guard let index = layers.lastIndex(where: { $0.counts[element] != nil }) else { return false }
    let count = layers[index].counts[element] ?? 1
    layers[index].counts[element] = count > 1 ? count - 1 : nil
    layers[index].size -= 1
    dropWhatIsGone()
    return true
  }

  /// Sees that the element is there, so that nothing took it; false if it cannot be there.
  mutating func see(_ element: Value) -> Bool {
    guard remove(element) else { return false }
    insert(element)
    return true
  }

  /// Takes an element that nobody knows, if there is one.
  mutating func removeUnknown() {
    if isEmpty { return }
    layers.append(Layer())
    dropWhatIsGone()
  }

  private mutating func dropWhatIsGone() {
    var (size, gone) = (0, 0)
    for border in 1..<layers.count {
      size += layers[border - 1].size
      if size == border { gone = border }
    }
    layers.removeFirst(gone)
    while layers.count > 1, let element = layers[0].counts.keys.first, layers[0].counts.count == 1 {
      settle(element)
    }
  }

  /// Takes out an element where all are equal, and so it is known what the first removal took. That keeps states few that
  /// mean the same.
  private mutating func settle(_ element: Value) {
    let later = layers.remove(at: 1)
    layers[0].counts[element, default: 0] -= 1
    layers[0].counts.merge(later.counts, uniquingKeysWith: +)
    layers[0].size += later.size - 1
  }

  /// The elements; nil if some may be gone.
  var certain: [Value]? { layers.count == 1 ? layers[0].elements : nil }

  /// The elements, and how many of those named so far are gone: "{1, 2} less 1 and {3}".
  var text: String {
    var text = layers[0].text
    var removals = 0
    for layer in layers.dropFirst() {
      removals += 1
      if layer.size == 0 { continue }
      text += " less \(removals) and \(layer.text)"
      removals = 0
    }
    return removals == 0 ? text : text + " less \(removals)"
  }
}

extension UnorderedElements.Layer {
  fileprivate var elements: [Value] {
    counts.flatMap { Array(repeating: $0.key, count: $0.value) }.sorted { $0.json < $1.json }
  }

  fileprivate var text: String { "{" + elements.map(\.json).joined(separator: ", ") + "}" }
}
