/// Reads decimal digits eight at a time.
enum DecimalDigits {
  /// The number that the digits at a pointer make, and how many they are: up to 18, or 0 if there are none, more, or
  /// a zero before others.
  ///
  /// Eight digits become a number by three multiplications: neighbours make pairs, pairs fours, fours the
  /// whole (D. Lemire, "Quickly parsing eight digits", 2018). At least 24 bytes must be readable.
  @inline(__always)
  static func parse(_ start: UnsafeRawPointer) -> (value: UInt64, count: Int) {
    // Safe: the caller has the bytes.
    let word = start.loadUnaligned(as: UInt64.self) ^ 0x3030_3030_3030_3030
    // A byte is a digit if it is below 10 now: adding 0x76 does not reach the high bit.
    let others = ((word &+ 0x7676_7676_7676_7676) | word) & 0x8080_8080_8080_8080
    let startsWithZero = word & 0xFF == 0
    if others == 0 { return startsWithZero ? (0, 0) : long(start, eight(word)) }
    let count = others.trailingZeroBitCount / 8
    if count == 0 || (startsWithZero && count > 1) { return (0, 0) }
    // Shifted so that zeros stand in front.
    return (eight(word &<< UInt64(64 - 8 * count)), count)
  }

  /// More digits after the first eight.
  @inline(__always)
  private static func long(_ start: UnsafeRawPointer, _ first: UInt64) -> (UInt64, Int) {
    var (value, count) = (first, 8)
    while count < 19 {
      let digit = start.load(fromByteOffset: count, as: UInt8.self) &- 0x30
      if digit > 9 { return (value, count) }
      value = value &* 10 &+ UInt64(digit)
      count += 1
    }
    return (0, 0)
  }

  @inline(__always)
  private static func eight(_ digits: UInt64) -> UInt64 {
    let pairs = digits &* 10 &+ (digits &>> 8)
    let low = (pairs & 0x0000_00FF_0000_00FF) &* 0x000F_4240_0000_0064
    let high = ((pairs &>> 16) & 0x0000_00FF_0000_00FF) &* 0x0000_2710_0000_0001
    return (low &+ high) &>> 32 & 0xFFFF_FFFF
  }
}
