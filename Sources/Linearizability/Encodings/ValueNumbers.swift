internal import Histories

/// Numbers values from 0, in the order in which they are met.
struct ValueNumbers {
  private var numbers: [Value: UInt32] = [:]
  /// The numbers of small integers, by the integer; most values are such.
  private var ofIntegers: [UInt32] = []
  private(set) var count = 0

  private static let integerLimit: Int64 = 1 << 24

  /// The number of the value, which is a new one if it was not met before. Complexity: O(1).
  mutating func number(of value: Value) -> UInt32 {
    if case .integer(let integer) = value, integer >= 0, integer < limit {
      return number(ofInteger: Int(integer))
    }
    if let known = numbers[value] { return known }
    numbers[value] = UInt32(count)
    count += 1
    return UInt32(count - 1)
  }

  /// The number of the value; `CallColumns.none` if there is none.
  mutating func number(of value: Value?) -> UInt32 {
    value.map { number(of: $0) as UInt32 } ?? CallColumns.none
  }

  /// A table never has many more places than there are values.
  private var limit: Int64 { min(Self.integerLimit, Int64(4 * count + 1024)) }

  private mutating func number(ofInteger integer: Int) -> UInt32 {
    if integer >= ofIntegers.count {
      let size = max(integer + 1, 2 * ofIntegers.count)
      ofIntegers += repeatElement(CallColumns.none, count: size - ofIntegers.count)
    }
    if ofIntegers[integer] == CallColumns.none {
      // It may have been met when the table was still too small for it.
      if let known = numbers[.integer(Int64(integer))] {
        ofIntegers[integer] = known
      } else {
        ofIntegers[integer] = UInt32(count)
        count += 1
      }
    }
    return ofIntegers[integer]
  }
}
