/// How much memory an array takes that doubles as it grows; as much as it will take meanwhile, if it is
/// about to. It follows from the count alone, so that it is the same on every machine: what an array
/// really has room for depends on what the allocator had at hand.
///
/// What grows by half is nearly full for a while before it does, in which a search looks at its
/// budget: so it stops before it goes beyond it, not after.
func footprint<Element>(of array: [Element]) -> Int {
  if array.isEmpty { return 0 }
  let capacity = 1 << (Int.bitWidth - (array.count - 1).leadingZeroBitCount)
  let bytes = capacity * MemoryLayout<Element>.stride
  return array.count > capacity / 8 * 7 ? 3 * bytes : bytes
}

/// Roughly how much memory a value takes outside of itself. What collections hold is taken to be
/// shared with others, as elements are that commands put there.
func heapBytes(of value: Any) -> Int {
  if let text = value as? String {
    let count = text.utf8.count
    return count > 15 ? 32 + count : 0
  }
  let mirror = Mirror(reflecting: value)
  switch mirror.displayStyle {
  case .collection: return 32 + mirror.children.count * 32
  case .set, .dictionary: return 64 + mirror.children.count * 64
  default: return mirror.children.reduce(0) { $0 + heapBytes(of: $1.value) }
  }
}
