extension RandomAccessCollection where Index == Int {
  /// Where the first element is of which the condition holds, as it does of all after it.
  /// Complexity: O(log n).
  func partitioningIndex(_ belongsToEnd: (Element) -> Bool) -> Int {
    var (low, high) = (startIndex, endIndex)
    while low < high {
      let middle = (low + high) / 2
      if belongsToEnd(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
