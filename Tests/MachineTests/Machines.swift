import FoundationEssentials
import Glibc
import TestSupport

/// Two machines with a kernel, a clock and an init of their own, on a network of their own: Debian in QEMU,
/// as `Tests/Machine/make-image.sh` makes it. They are emulated: they need no `/dev/kvm`, and are slow.
///
/// A shell holds them, and the namespace without a name that is their network. It waits for the end of its input,
/// which this process alone holds open, and ends them then; their disks take no change. So nothing is left, however
/// this process ends.
struct Machines {
  /// The nodes' names.
  static let nodes = ["n1", "n2"]
  private let scratch: Scratch
  private let shell: String

  /// Where `make machine` puts their disk.
  static let image = repository + "/.build/machine"
  static let exists = FileManager.default.fileExists(atPath: image + "/made")

  /// The workload file that describes their server.
  var workloadFile: String { scratch.path + "/workload.toml" }

  /// Starts them, once, and waits until they have come up.
  static let started = Task { try await Machines() }

  private init() async throws {
    scratch = try Scratch()
    let script = try scratch.write(Self.script(scratch.path), to: "machines.sh")
    // "e": no program that is started later holds the input open.
    guard popen("exec setsid unshare --net sh \(script)", "we") != nil else {
      throw TestFailure("no shell could be started that holds the machines")
    }
    for _ in 0..<500 where !scratch.read("shell").contains("\n") {
      try await Task.sleep(for: .milliseconds(20))
    }
    shell = scratch.read("shell").split(separator: "\n").joined()
    guard !shell.isEmpty else { throw TestFailure("no machine: \(scratch.read("errors"))") }
    let hosts = (1...2).map { number in
      """
      Host n\(number)
        HostName 10.98.0.\(number + 10)
        User root
        IdentityFile \(Self.image)/key
        StrictHostKeyChecking accept-new
        UserKnownHostsFile \(scratch.path)/known_hosts
        LogLevel ERROR
      """
    }
    try scratch.write(hosts.joined(separator: "\n"), to: "ssh_config")
    try scratch.write(Self.target, to: "server.toml")
    try scratch.write(Self.workload, to: "workload.toml")
    for node in Self.nodes { try await waitUntilUp(node) }
  }

  private static func script(_ folder: String) -> String {
    """
    exec 2> \(folder)/errors
    ip link set lo up && ip link add machines type bridge && ip link set machines up &&
      ip address add 10.98.0.1/24 dev machines && ip -6 address add fd98::1/64 dev machines nodad || exit
    for number in 1 2; do
      ip tuntap add tap$number mode tap && ip link set tap$number master machines up || exit
      qemu-system-x86_64 -machine q35 -accel tcg -cpu qemu64 -m 512 -nographic -nodefaults -snapshot -serial file:\(folder)/console$number \
        -kernel \(image)/vmlinuz -initrd \(image)/initrd \
        -append "root=/dev/vda rw console=ttyS0 mitigations=off net.ifnames=0 node=$number" \
        -drive file=\(image)/system.img,if=virtio,format=raw -drive file=\(image)/data$number.img,if=virtio,format=raw \
        -netdev tap,id=net,ifname=tap$number,script=no,downscript=no \
        -device virtio-net-pci,netdev=net,mac=52:54:00:98:00:0$number -device virtio-rng-pci </dev/null &
      emulators="$emulators $!"
    done
    echo $$ > \(folder)/shell
    cat
    kill -KILL $emulators
    rm -rf \(folder)
    """
  }

  /// A service of systemd, as clusters run them.
  private static let target = """
    name = "server"
    client-port = 7000
    data = "/data"
    start-timeout = "60s"
    [commands]
    start = "systemctl start server"
    stop = "systemctl stop server"
    wipe = "true"
    healthy = "systemctl is-active -q server"
    pid = "systemctl show -p MainPID server | sed -n 's/MainPID=//p' | grep -v '^0$'; pgrep -x busy; true"
    """

  private static let workload = """
    name = "machines"
    model = "cas-register"
    target = "server.toml"
    [client]
    name = "etcd"
    [load]
    concurrency = 1
    rate = 1
    keys = 1
    operations-per-key = 10
    mix = { read = 1 }
    [phases]
    faults = "1s"
    """

  private func inside(_ script: String) -> [String] {
    ["nsenter", "--target", shell, "--net", "sh", "-c", script]
  }

  /// Runs a shell script on a node as root, over SSH and not by the product.
  func on(_ node: String, _ script: String) async throws -> Program.Ended {
    let ssh = "exec ssh -F \(scratch.path)/ssh_config -o ConnectTimeout=10 \(node) sh -s"
    return try await Program(inside(ssh), input: script).end(within: .seconds(90))
  }

  /// The standard output of a script that must succeed, without its last newline.
  func text(_ node: String, _ script: String) async throws -> String {
    let ended = try await on(node, script)
    guard ended.status == 0 else { throw TestFailure("\(node): \(script): \(ended.text)") }
    return ended.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().joined(
      separator: "\n")
  }

  private func waitUntilUp(_ node: String) async throws {
    let deadline = ContinuousClock.now + .seconds(300)
    while ContinuousClock.now < deadline {
      if try await on(node, "systemctl is-active server").status == 0 { return }
      try await Task.sleep(for: .seconds(1))
    }
    let console = scratch.read("console\(node.dropFirst())").suffix(2000)
    throw TestFailure("\(node) does not come up: \(scratch.read("errors"))\(console)")
  }

  /// Starts a command of the product that reaches the nodes.
  func faultline(_ arguments: [String], nodes: [String]) throws -> Program {
    let words =
      [TestSupport.faultline] + arguments + [
        "--nodes", nodes.joined(separator: ","), "--ssh-config", scratch.path + "/ssh_config",
      ]
    let script = words.map { "'\($0)'" }.joined(separator: " ")
    return try Program(inside("exec \(script)"))
  }

  /// How a fault ends: by Ctrl-C, or by the nodes alone, with the program dead or out of reach.
  enum End { case interrupted, killed, cutOff }

  /// Injects a fault by hand, looks at its effect, ends it, and sees that nothing of it is left.
  func live(
    _ fault: String, _ settings: [String] = [], nodes: [String], end: End = .interrupted,
    seen: () async throws -> Void
  ) async throws {
    let before = try await snapshots(nodes)
    let lease = end == .interrupted ? "60s" : "30s"
    let words = ["nemesis", "inject", fault, "--for", "10m", "--lease", lease, "--yes"]
    let parameters = settings.flatMap { ["--set", $0] } + ["--workload", workloadFile]
    let injection = try faultline(words + parameters, nodes: nodes)
    do {
      try await injection.prints("\(fault) verified", within: .seconds(120))
      try await seen()
    } catch {
      injection.signal(SIGINT)
      _ = try? await injection.end(within: .seconds(120))
      throw error
    }
    if end == .cutOff { try await cutOff(nodes, for: "75s") }
    injection.signal(end == .interrupted ? SIGINT : SIGKILL)
    let ended = try await injection.end(within: .seconds(120))
    guard end != .interrupted || ended.status == 130 else {
      throw TestFailure("\(fault): \(ended.text)")
    }
    if end != .interrupted { try await untilHealed(nodes) }
    let after = try await snapshots(nodes)
    guard before == after else {
      throw TestFailure("\(fault): \(after.subtracting(before)), not \(before.subtracting(after))")
    }
  }

  /// Takes nodes off their network for a time.
  private func cutOff(_ nodes: [String], for time: String) async throws {
    let links = nodes.map { "tap\($0.dropFirst())" }.joined(separator: " ")
    let script = """
      for link in \(links); do ip link set $link nomaster || exit; done
      sleep \(time)
      for link in \(links); do ip link set $link master machines || exit; done
      """
    let ended = try await Program(inside(script)).end(within: .seconds(120))
    guard ended.status == 0 else { throw TestFailure("cut off: \(ended.text)") }
  }

  private func untilHealed(_ nodes: [String]) async throws {
    for node in nodes {
      let wait = "for i in $(seq 75); do [ -e /run/faultline ] || exit 0; sleep 1; done; exit 1"
      guard try await on(node, wait).status == 0 else {
        throw TestFailure("\(node) has not healed itself")
      }
    }
  }

  /// What a fault may leave: rules, queueing, mounts, groups, files, services.
  private func snapshots(_ nodes: [String]) async throws -> Set<String> {
    let script = """
      nft list ruleset; iptables-save | grep -v '^#'; ip6tables-save | grep -v '^#'
      tc qdisc show | grep -v ' noqueue '; sort /proc/self/mounts
      find /run/faultline* /var/lib/faultline /data /run/systemd/system 2>/dev/null | sort
      find /sys/fs/cgroup -name 'faultline*'
      cat /proc/$(systemctl show -p MainPID server | tr -dc 0-9)/cgroup
      systemctl is-active server chrony; systemctl show -p Restart server; cksum /data/db/fixed
      """
    var lines: Set<String> = []
    for node in nodes {
      lines.formUnion(try await text(node, script).split(separator: "\n").map { "\(node): \($0)" })
    }
    return lines
  }
}
