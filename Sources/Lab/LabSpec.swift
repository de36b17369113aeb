/// What a lab is made of.
public struct LabSpec: Hashable, Sendable {
  /// Name of the lab, unique on this machine: lower-case letters, digits and hyphens, at most 32.
  public var name: String
  /// Number of nodes, 1 to 64, named `n1`, `n2`, ….
  public var nodes: Int
  /// Size of each node's `/data` in bytes.
  public var diskBytes: Int64

  /// A lab of five nodes with 256 MiB of disk each, unless told otherwise.
  public init(name: String = "default", nodes: Int = 5, diskBytes: Int64 = 256 << 20) {
    self.name = name
    self.nodes = nodes
    self.diskBytes = diskBytes
  }

  /// The name becomes part of paths and of commands, so it is restricted before it is used anywhere.
  static func isValid(name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard (1...32).contains(bytes.count), bytes[0] != UInt8(ascii: "-") else { return false }
    return bytes.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
    }
  }

  func validate() throws(LabError) {
    guard Self.isValid(name: name) else { throw .invalidName(name) }
    guard (1...64).contains(nodes) else {
      throw .invalidSpec("\(nodes) nodes: a lab has 1 to 64")
    }
    guard diskBytes >= 16 << 20 else {
      throw .invalidSpec("a disk of \(diskBytes) bytes: at least 16 MiB (\(16 << 20)) are needed")
    }
  }
}

/// One machine of a lab.
public struct LabNode: Hashable, Sendable {
  /// `n1`, `n2`, …: also its hostname, known to every node.
  public let name: String
  /// Its IPv4 address on the lab's network.
  public let ip: String
}
