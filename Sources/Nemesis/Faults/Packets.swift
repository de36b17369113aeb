import Cluster

extension FaultKind {
  /// Packets between nodes are late, out of order, doubled or damaged.
  static let packets = FaultKind(
    "packets", "packets between nodes are late, out of order, doubled or damaged",
    details: """
      A rule of the receiving node hands what comes from the nodes that its shape withholds to a \
      program of Faultline's on that node, by the kernel's queue for packets (NFQUEUE of iptables or \
      nft, IPv4 and IPv6), so no netem is needed. In most shapes both ways are late, and a round trip \
      is late twice. By the jitter packets overtake each other, too. A damaged one has one bit flipped \
      behind the header of IP, where the receiver's checksum finds it; the second one of a doubled one \
      comes in by the interface lo. At most 8192 packets wait on a node, with copies of 512 that are \
      doubled or damaged: packets pass at once beyond that. Where the program dies, packets pass, and \
      those that were waiting are lost. Seen by the kernel: packets go through the queue, a connection \
      takes as long, packets come by lo, TCP finds wrong checksums. Tried with iptables, and on \
      emulated machines with nft; its program on one of arm64, too.
      """,
    reach: .shape,
    parameters: [
      .milliseconds("delay", "how much later they are", 0...60_000, default: 50),
      .milliseconds("jitter", "by how much the delay varies, up and down", 0...60_000, default: 10),
      .integer("reorder", "how many of a hundred overtake those that are late", 0...99, default: 0),
      .integer("duplicate", "how many of a hundred are doubled", 0...100, default: 0),
      .integer("corrupt", "how many of a hundred are damaged", 0...100, default: 0),
    ], needs: Firewall.needs + [Helper.need] + PacketQueue.needs
  ) { site in
    let queue = PacketQueue(site)
    return FaultShell(
      check: queue.check, inject: queue.inject, verify: queue.verify, heal: queue.heal,
      verifyHealed: queue.verifyHealed)
  }
}
