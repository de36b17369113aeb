import Histories
import Randomness
import TestSupport
import Testing

@testable import Cluster
@testable import Nemesis

/// Three real nodes with a small server, and the product's scripts for them. The scripts are run
/// through the nodes' namespaces, so that what they do does not depend on SSH.
struct Ground {
  let lab: TestLab
  let nodes: [Node]
  let scripts: FaultScripts

  static func with(_ body: (Ground) async throws -> Void) async throws {
    try await withLab(diskMegabytes: 64) { lab in
      let ground = try await Ground(lab)
      for node in ground.nodes {
        let start = target.prelude(for: node, among: ground.nodes) + target.start
        _ = try await lab.text(
          node.name, "printf '%s' '\(server)' > /usr/local/server.pl\n\(start)")
        try await ground.prepare(node)
      }
      for node in ground.nodes.map(\.name) { try await ground.waitUntilServing(node) }
      try await body(ground)
    }
  }

  private init(_ lab: TestLab) async throws {
    self.lab = lab
    nodes = lab.addresses.sorted { $0.key < $1.key }.map { Node(name: $0.key, host: $0.value) }
    var facts: [NodeFacts] = []
    for node in nodes {
      let script = NodeFacts.script(Self.target, on: node, among: nodes, needs: [])
      let output = try await lab.text(node.name, script.body)
      let control = node.host.split(separator: ".").dropLast().joined(separator: ".") + ".1"
      facts.append(NodeFacts(node: node, controlAddress: control, output: output))
    }
    scripts = FaultScripts(
      owner: Self.owner, target: Self.target, nodes: nodes, facts: facts)
  }

  /// Takes the lease of a node and saves the target's commands there, as a run does.
  func prepare(_ node: Node, lasting: Duration = .seconds(600)) async throws {
    let lease = NodeLease(owner: Self.owner, lasting: lasting)
    _ = try await lab.text(node.name, lease.acquire.body)
    let commands = NodeState.remember(Self.target, on: node, among: nodes)
    _ = try await lab.text(node.name, commands.body)
  }

  /// With what a shell that prints it may take for something else.
  static let owner = "the tests in a\\tb"

  /// Sends a line and the time of its accepting ten times a second to whoever connects; five times a second it
  /// writes to its data, which it does not sync.
  private static let server = """
    use IO::Socket::IP; use Time::HiRes;
    $SIG{CHLD} = "IGNORE";
    $s = IO::Socket::IP->new(LocalHost => "::", LocalPort => 7000, Listen => 50, ReuseAddr => 1)
      or die $@;
    if (fork() == 0) {
      close $s;
      while (getppid() > 1) {
        if (open(F, ">>", "/data/db/ticks")) { print F "t\n"; close F }
        select(undef, undef, undef, 0.2);
      }
      exit;
    }
    while (1) {
      $c = $s->accept or next;
      $t = join(" ", time, Time::HiRes::time(), Time::HiRes::clock_gettime(0), Time::HiRes::clock_gettime(1));
      if (fork() == 0) {
        close $s;
        $c->autoflush(1);
        while (print $c "tick\\n$t\\n") { select(undef, undef, undef, 0.1) }
        exit;
      }
      close $c;
    }
    """

  static let target = Target(
    name: "server", clientPort: 7000, data: "/data", logs: [], startTimeout: .seconds(5),
    installed: nil, install: nil, configure: nil,
    start: """
      mkdir -p /data/db; [ -s /data/db/fixed ] || { seq 1000 > /data/db/fixed; sync -f /data; }
      setsid perl /usr/local/server.pl </dev/null >/dev/null 2>&1 & echo $! > /run/server.pid
      """,
    stop: "kill -KILL $(cat /run/server.pid)", wipe: "true",
    pid: "p=$(cat /run/server.pid); [ \"$(cat /proc/$p/comm)\" = perl ] && echo $p; true",
    leads: nil, healthy: "true")

  func node(_ name: String) -> Node { nodes.first { $0.name == name } ?? nodes[0] }

  func fault(
    _ kind: FaultKind, _ settings: [String: Value] = [:], of names: [String], id: Int = 1
  ) -> ChosenFault {
    ChosenFault(
      id: id, kind, FaultSettings(kind, settings),
      targets: nodes.filter { names.contains($0.name) })
  }

  /// A fault with a shape, over the nodes in their order.
  func shaped(
    _ kind: FaultKind, _ shape: PartitionShape, _ settings: [String: Value] = [:],
    choice: UInt64 = 0
  ) throws -> ChosenFault {
    let given = settings.merging(["shape": .string(shape.rawValue)]) { $1 }
    let plan = FaultPlan(
      kind, FaultSettings(kind, given), after: nil, every: .zero, lasting: .zero)
    var random = SeededRandom(seed: 0)
    var draw = Draw(nodes, &random)
    draw.order = nodes.map(\.name)
    draw.choice = choice
    draw.leader = nodes[0].name
    guard var fault = plan.fault(draw, among: nodes)?.fault else { throw TestFailure("no fault") }
    fault.id = 1
    return fault
  }

  /// Runs a step on every node that the fault acts on, and gives what each answered.
  func run(_ step: FaultStep, _ fault: ChosenFault) async throws -> [String: Program.Ended] {
    var answers: [String: Program.Ended] = [:]
    for node in scripts.nodes(of: fault) {
      answers[node.name] = try await lab.on(
        node.name, scripts.script(step, of: fault, on: node).body)
    }
    return answers
  }

  /// Runs a step that must succeed on every node.
  func succeed(_ step: FaultStep, _ fault: ChosenFault) async throws {
    for (node, answer) in try await run(step, fault) where answer.status != 0 {
      throw TestFailure("\(step) of \(fault.title) on \(node): \(answer.text)")
    }
  }

  func healAll() async throws -> String {
    var said = ""
    for node in nodes { said += try await lab.text(node.name, NodeState.heal.body) }
    return said
  }

  // MARK: Looking from outside

  enum Answer: String { case data, silence, noConnection }

  /// What a node gets when it connects to the server at an address: a line, nothing, or no connection.
  func talk(_ node: String, to address: String) async throws -> Answer {
    let client = """
      $s = IO::Socket::IP->new(PeerHost => "\(address)", PeerPort => 7000, Timeout => 1) or exit 1;
      $SIG{ALRM} = sub { exit 2 };
      alarm 1;
      exit(<$s> eq "tick\\n" ? 0 : 3);
      """
    let ended = try await lab.on(node, "exec perl -MIO::Socket::IP -e '\(client)'")
    switch ended.status {
    case 0: return .data
    case 1: return .noConnection
    case 2: return .silence
    default: throw TestFailure("\(node) to \(address): \(ended.text)")
    }
  }

  /// Whether a node gets a datagram of another one, which needs no answer.
  func hears(from sender: String, to receiver: String) async throws -> Bool {
    let receive = """
      $s = IO::Socket::IP->new(LocalHost => "0.0.0.0", LocalPort => 7001, Proto => "udp");
      $SIG{ALRM} = sub { exit 1 }; alarm 2; $s->recv($b, 9); exit 0
      """
    let send = """
      $s = IO::Socket::IP->new(PeerHost => "\(address(receiver))", PeerPort => 7001, Proto => "udp");
      for (1..8) { $s->send("x"); select(undef, undef, undef, 0.1) }
      """
    async let received = lab.on(receiver, "exec perl -MIO::Socket::IP -e '\(receive)'")
    _ = try await lab.on(sender, "sleep 0.3; exec perl -MIO::Socket::IP -e '\(send)'")
    return try await received.status == 0
  }

  /// How long it takes until so many bytes have arrived by TCP.
  func secondsToSend(
    _ bytes: Int, from sender: String, to receiver: String, at address: String
  ) async throws -> Double {
    let receive = """
      $l = IO::Socket::IP->new(LocalHost => "::", LocalPort => 7002, Listen => 1, ReuseAddr => 1, V6Only => 0);
      alarm 60; $c = $l->accept; $n += length($b) while sysread($c, $b, 65536);
      exit($n == \(bytes) ? 0 : 1)
      """
    let send = """
      $s = IO::Socket::IP->new(PeerHost => "\(address)", PeerPort => 7002) or die;
      print $s "x" x \(bytes); close $s
      """
    async let received = lab.on(receiver, "exec perl -MIO::Socket::IP -e '\(receive)'")
    try await Task.sleep(for: .milliseconds(500))
    let start = ContinuousClock.now
    _ = try await lab.text(sender, "exec perl -MIO::Socket::IP -e '\(send)'")
    let ended = try await received
    guard ended.status == 0 else { throw TestFailure("\(sender) to \(address): \(ended.text)") }
    return start.duration(to: .now) / .seconds(1)
  }

  func address(_ node: String) -> String { lab.addresses[node] ?? "" }

  /// The address of IPv6, which ends as that of IPv4 does.
  func address6(_ node: String) -> String {
    let parts = address(node).split(separator: ".")
    return "fd77:0:0:\(parts[2])::\(parts[3])"
  }

  func pid(_ node: String) async throws -> String {
    try await lab.text(node, "cat /run/server.pid").split(separator: "\n").joined()
  }

  /// The state of a process by the kernel: `R`, `S`, `T`; empty where there is none.
  func state(_ node: String, _ pid: String) async throws -> String {
    try await lab.text(
      node, "sed -n 's/^State:[[:space:]]*\\(.\\).*/\\1/p' /proc/\(pid)/status || true"
    )
    .split(separator: "\n").joined()
  }

  func waitUntilServing(_ node: String) async throws {
    for _ in 0..<50 where try await talk(node, to: "127.0.0.1") == .data { return }
    throw TestFailure("the server on \(node) does not answer")
  }

  /// Whether a client on the control machine gets a line of a node's server.
  func clientTalks(_ node: String) async throws -> Bool {
    let client = try Program([faultline, "lab", "proxy", "--name", lab.name, node, "7000"])
    for _ in 0..<60 {
      if client.output.contains("tick") { return true }
      try await Task.sleep(for: .milliseconds(50))
    }
    return false
  }

  /// Everything that a fault may touch, of all nodes.
  func snapshots() async throws -> String {
    let parts = await inParallel(nodes) { node in
      do { return try await snapshot(node.name).replacing("\n", with: "\n\(node.name) ") } catch {
        return "\(error)"
      }
    }
    return parts.joined(separator: "\n")
  }

  /// Fails with the lines that are not in both.
  static func expectSame(
    _ before: String, _ after: String, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let change = after.split(separator: "\n").difference(from: before.split(separator: "\n"))
    let lines = change.map { change in
      switch change {
      case .insert(_, let line, _): "+ \(line)"
      case .remove(_, let line, _): "- \(line)"
      }
    }
    #expect(
      lines.isEmpty, "\(what):\n\(lines.joined(separator: "\n"))", sourceLocation: sourceLocation)
  }

  /// Everything of a node that a fault may touch: firewall, mounts, files, processes. The first use of a
  /// table makes it, and it stays.
  func snapshot(_ node: String) async throws -> String {
    try await lab.text(
      node,
      """
      for tool in iptables ip6tables; do
        $tool -N T; $tool -X T
        $tool-save | sed -e '/^#/d' -e 's/ \\[[0-9]*:[0-9]*\\]//'
      done
      sed -e 's/loop[0-9]*/loop/' -e 's/,uuid=on//' /proc/self/mounts | sort
      find /data /run/faultline /var/lib/faultline /run/*.pid /etc/faultline | sort
      cksum /data/db/fixed
      find /data -type f ! -name ticks -size +0 -printf '%p %s\\n'
      find /sys/fs/cgroup -name 'faultline*' 2>/dev/null
      tc qdisc show; ip route; cat /proc/net/netfilter/nfnetlink_queue
      for tool in nft; do $tool list ruleset 2>/dev/null | grep -i faultline; done
      cat /proc/[0-9]*/comm 2>/dev/null | grep -E 'perl|sshd|tini|helper' | sort -u
      grep -l '[b]ackground.sh' /proc/[0-9]*/cmdline
      grep -l '^State:.T' /proc/[0-9]*/status
      cat /proc/$(cat /run/server.pid)/limits /proc/$(cat /run/server.pid)/cgroup
      true
      """)
  }
}

/// Lives the fault's two lives; `seen` looks at its effect.
func live(
  _ ground: Ground, _ fault: ChosenFault, _ seen: () async throws -> Void
) async throws {
  for byItself in [true, false] {
    let before = try await ground.snapshots()
    try await ground.succeed(.inject, fault)
    try await ground.succeed(.verify, fault)
    try await seen()
    if byItself {
      try await ground.succeed(.heal, fault)
    } else {
      #expect(try await ground.healAll().contains("undid 1-\(fault.name)"))
    }
    try await ground.succeed(.verifyHealed, fault)
    #expect(try await ground.healAll() == "", "\(fault.title)")
    let after = try await ground.snapshots()
    Ground.expectSame(before, after, fault.title)
  }
}
