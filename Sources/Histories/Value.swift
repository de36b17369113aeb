internal import Glibc

/// A JSON value: what an operation carries as its key, argument or result.
///
/// Equality is typed (`"1"` is not `1`), except that a number that is an exact 64-bit integer is
/// always `integer`, so that `1` and `1.0` are equal. Objects compare without key order. Strings,
/// keys of objects too, compare by their bytes: two Unicode spellings of `é` are two values, as
/// they are for a database, although Swift's `String` takes them for one.
public enum Value: Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// Never an integral number that fits `Int64`: the readers normalise those to `integer`.
  case double(Double)
  case string(String)
  case array([Value])
  /// No two keys are spellings of the same text: the dictionary would take them for one.
  case object([String: Value])
}

extension Value: Hashable {
  /// Whether both are the same value. Complexity: O(size).
  public static func == (a: Value, b: Value) -> Bool {
    switch (a, b) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.integer(let a), .integer(let b)): a == b
    case (.double(let a), .double(let b)): a == b
    case (.string(let a), .string(let b)): a.hasSameBytes(as: b)
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)):
      a.count == b.count
        && a.allSatisfy { key, value in
          guard let place = b.index(forKey: key) else { return false }
          return b[place].key.hasSameBytes(as: key) && b[place].value == value
        }
    default: false
    }
  }

  /// Feeds the value to a hasher. Complexity: O(size).
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .bool(let flag): hasher.combine(flag)
    case .integer(let number): hasher.combine(number)
    case .double(let number): hasher.combine(number)
    case .string(let text): text.hashBytes(into: &hasher)
    case .array(let elements): hasher.combine(elements)
    // Coarser than equality, since it takes spellings of a key for one; that only costs time.
    case .object(let members): hasher.combine(members)
    }
  }
}

extension String {
  func hasSameBytes(as other: String) -> Bool {
    let count = utf8.count
    guard count == other.utf8.count, count > 0 else { return count == other.utf8.count }
    var (left, right) = (self, other)
    // Safe: the pointers do not leave the closures, and both have `count` bytes.
    return left.withUTF8 { left in
      right.withUTF8 { right in
        guard let left = left.baseAddress, let right = right.baseAddress else { return false }
        return memcmp(left, right, count) == 0
      }
    }
  }

  /// By the bytes and not by `String`'s own hash, so that many spellings of one text cannot be
  /// used to make all values collide.
  fileprivate func hashBytes(into hasher: inout Hasher) {
    var text = self
    // Safe: the pointer does not leave the closure.
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    hasher.combine(0xFF as UInt8)
  }
}
