/// The invocations and completions of some calls, in order.
struct OrderedEvents {
  enum Event {
    /// Of the call with this index.
    case invocation(Int)
    case completion(Int)
  }

  private let packed: [(position: Int, call: Int, isCompletion: Bool)]

  /// Orders the events of the calls at `indices`. Complexity: O(n log n).
  init<Command>(_ calls: [Call<Command>], _ indices: some Sequence<Int>) {
    var packed: [(position: Int, call: Int, isCompletion: Bool)] = []
    for index in indices {
      packed.append((calls[index].invocation, index, false))
      if let completion = calls[index].completion { packed.append((completion, index, true)) }
    }
    packed.sort { $0.position < $1.position }
    self.packed = packed
  }

  var events: some Sequence<Event> {
    packed.lazy.map { $0.isCompletion ? .completion($0.call) : .invocation($0.call) }
  }
}

/// Calls by deadline: the completion, or never for a crashed one.
struct DeadlineHeap {
  private var items: [(deadline: Int, call: Int)] = []

  var isEmpty: Bool { items.isEmpty }

  /// Complexity: O(log n).
  mutating func insert(_ call: Int, deadline: Int?) {
    items.append((deadline ?? .max, call))
    var child = items.count - 1
    while child > 0, items[child].deadline < items[(child - 1) / 2].deadline {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// The call with the earliest deadline. Complexity: O(log n).
  mutating func removeFirst() -> Int? {
    guard let first = items.first, let last = items.popLast() else { return nil }
    if items.isEmpty { return first.call }
    items[0] = last
    var parent = 0
    while true {
      var smallest = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < items.count {
        if items[child].deadline < items[smallest].deadline { smallest = child }
      }
      if smallest == parent { return first.call }
      items.swapAt(parent, smallest)
      parent = smallest
    }
  }
}
