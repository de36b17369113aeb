/// Reads the fields of SSH's binary formats (RFC 4251, section 5). Every field is nil where the
/// bytes end too early.
struct WireReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  mutating func byte() -> UInt8? { rest.popFirst() }

  mutating func uint32() -> Int? {
    guard rest.count >= 4 else { return nil }
    defer { rest.removeFirst(4) }
    return rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
  }

  mutating func string() -> [UInt8]? {
    guard let count = uint32(), count <= rest.count else { return nil }
    defer { rest.removeFirst(count) }
    return Array(rest.prefix(count))
  }
}

/// A number of four bytes as SSH writes it.
func wireUInt32(_ value: Int) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
}

/// A string as SSH writes it: its length and its bytes.
func wireString(_ bytes: [UInt8]) -> [UInt8] { wireUInt32(bytes.count) + bytes }

/// The name at the beginning of a public key, such as `ssh-ed25519`.
func keyType(ofPublicKey blob: [UInt8]) -> String {
  var reader = WireReader(blob)
  return String(decoding: reader.string() ?? [], as: UTF8.self)
}
