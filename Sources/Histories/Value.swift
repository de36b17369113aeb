/// A JSON value: what an operation carries as its key, argument or result.
///
/// Equality is typed (`"1"` is not `1`), except that a number that is an exact 64-bit integer is
/// always `integer`, so that `1` and `1.0` are equal. Objects compare without key order.
public enum Value: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// Never an integral number that fits `Int64`: the readers normalise those to `integer`.
  case double(Double)
  case string(String)
  case array([Value])
  case object([String: Value])
}
