import Glibc

/// The time of day in UTC, for people and for the names of folders; never used to order events.
public struct WallClock: Sendable {
  /// As in ISO 8601: `2026-11-22T23:10:05Z`.
  public let iso: String
  /// As in the name of a folder: `20261122T231005Z`.
  public let compact: String

  /// Reads the clock.
  public init() {
    iso = Self.formatted("%Y-%m-%dT%H:%M:%SZ")
    compact = Self.formatted("%Y%m%dT%H%M%SZ")
  }

  private static func formatted(_ format: String) -> String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    var buffer = [CChar](repeating: 0, count: 64)
    let length = strftime(&buffer, buffer.count, format, &parts)
    return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
