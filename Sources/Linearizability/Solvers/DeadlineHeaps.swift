/// Heaps of open calls by deadline, as links between calls (M. Fredman and others, "The pairing heap",
/// 1986). A call without a completion comes last.
struct DeadlineHeaps: ~Copyable {
  private static let none = CallColumns.none
  /// In place of a child: the call has taken effect.
  private static let taken = UInt32.max - 1

  private let child: Scratch<UInt32>
  private let sibling: Scratch<UInt32>

  init(callCount: Int) {
    child = Scratch(repeating: Self.none, count: callCount)
    sibling = Scratch(repeating: Self.none, count: callCount)
  }

  var pointers: Pointers { Pointers(child: child.base, sibling: sibling.base) }

  /// Valid as long as the heaps are.
  struct Pointers {
    let child: UnsafeMutablePointer<UInt32>
    let sibling: UnsafeMutablePointer<UInt32>

    func isTaken(_ call: UInt32) -> Bool { child[call] == DeadlineHeaps.taken }

    func markTaken(_ call: UInt32) { child[call] = DeadlineHeaps.taken }

    /// Adds a call to a list, which is given by its first one. A call is in a list or in a heap.
    func push(_ call: UInt32, onto list: inout UInt32) {
      sibling[call] = list
      list = call
    }

    /// The calls of a list.
    func forEach(from first: UInt32, _ body: (UInt32) -> Void) {
      var call = first
      while call != DeadlineHeaps.none {
        let next = sibling[call]
        body(call)
        call = next
      }
    }

    /// The root of both heaps together. Complexity: O(1).
    func merge(_ a: UInt32, _ b: UInt32, _ deadline: UnsafePointer<UInt32>) -> UInt32 {
      if a == DeadlineHeaps.none { return b }
      if b == DeadlineHeaps.none { return a }
      let (root, below) = deadline[a] <= deadline[b] ? (a, b) : (b, a)
      sibling[below] = child[root]
      child[root] = below
      return root
    }

    /// The root of what is left without that root. Complexity: O(log n) amortised.
    func withoutRoot(_ root: UInt32, _ deadline: UnsafePointer<UInt32>) -> UInt32 {
      // Pairs are merged from left to right, and what that gives from right to left.
      var pairs = DeadlineHeaps.none
      var next = child[root]
      while next != DeadlineHeaps.none {
        let (first, second) = (next, sibling[next])
        next = second == DeadlineHeaps.none ? second : sibling[second]
        sibling[first] = DeadlineHeaps.none
        if second != DeadlineHeaps.none { sibling[second] = DeadlineHeaps.none }
        let pair = merge(first, second, deadline)
        sibling[pair] = pairs
        pairs = pair
      }
      var result = DeadlineHeaps.none
      while pairs != DeadlineHeaps.none {
        let rest = sibling[pairs]
        sibling[pairs] = DeadlineHeaps.none
        result = merge(result, pairs, deadline)
        pairs = rest
      }
      return result
    }
  }
}
