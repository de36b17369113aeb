/// The beginning of a stream, up to a limit.
struct BoundedOutput {
  let limit: Int
  var bytes: [UInt8] = []
  var isTruncated = false

  mutating func append(_ more: ArraySlice<UInt8>) {
    let room = max(limit - bytes.count, 0)
    bytes += more.prefix(room)
    if more.count > room { isTruncated = true }
  }
}
