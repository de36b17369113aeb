/// Text that is not one JSON value.
public struct ValueSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
  /// How many bytes into the text it goes wrong.
  public var offset: Int
  /// What is wrong.
  public var message: String

  /// For people.
  public var description: String { "\(message) (byte \(offset))" }
}

extension Value {
  /// Reads one JSON value (RFC 8259) with nothing but white space around it.
  ///
  /// - Throws: `ValueSyntaxError`, also for what `History` refuses: duplicate keys, keys in two Unicode
  ///   spellings, integers beyond 64 bits, nesting beyond 64 levels.
  public init(json bytes: [UInt8]) throws(ValueSyntaxError) {
    do throws(JSONError) {
      self = try JSONParser.parse(bytes.span)
    } catch {
      throw ValueSyntaxError(offset: error.offset, message: error.message)
    }
  }
}
