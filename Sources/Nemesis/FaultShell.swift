import Cluster
import FoundationEssentials

/// The shell of one fault on one node. All of it sees the functions of `NodeState` and of the
/// target, and in `fault` the fault's own folder, which is gone once the fault is undone.
struct FaultShell: Sendable {
  /// Exits with `refusal` where the fault can have no effect; changes nothing.
  var check = ""
  /// Puts it in force.
  var inject: String
  /// Exits 0 only if its effect is seen, and says what was seen.
  var verify: String
  /// Takes it back, whatever of the injection was carried out, also a second time; exits 0 only
  /// when nothing is left of it. It is written into the fault's folder before the injection.
  var heal: String
  /// Exits 0 only if its effect is gone.
  var verifyHealed: String

  /// The exit status of an injection that has not begun.
  static let refusal: Int32 = 3
}

/// Where a fault's shell runs, and with what.
struct FaultSite: Sendable {
  /// The fault's number.
  var id: Int
  /// What was set and drawn.
  var settings: FaultSettings
  /// The nodes whose packets are withheld from this one: by the shape, or all others.
  var unheard: [Peer]
  /// The node's own addresses.
  var own: [String]
  /// The control machine as the node sees it: never cut off.
  var control: String?
  /// How many nodes the fault is injected on.
  var targets: Int
  /// The port that clients connect to.
  var clientPort: UInt16

  /// What tells the control machine's kernel from any other, until its next boot.
  static let controlBoot =
    (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))?
    .split(separator: "\n").joined() ?? "unknown"

  /// Another node, with all its addresses.
  struct Peer: Sendable {
    var node: Node
    var addresses: [String]
  }
}
