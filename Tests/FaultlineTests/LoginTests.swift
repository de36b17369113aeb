import TestSupport
import Testing

/// Nodes that somebody else has prepared, named by address: reached from inside the lab's network.
@Suite(.serialized, .enabled(if: isRoot, "\(needsRoot)"))
struct LoginTests {
  /// Runs faultline in the lab's network, as on a machine that is connected to the nodes.
  func inside(
    _ lab: TestLab, _ arguments: [String], environment: [String: String] = [:]
  ) async throws -> Program.Ended {
    try await program(try await lab.command(arguments), environment: environment)
  }

  private func nodes(_ lab: TestLab, _ more: String = "") -> String {
    lab.addresses.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\(more)" }
      .joined(separator: ",")
  }

  func expect(
    _ ended: Program.Ended, _ status: Int32, _ texts: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(ended.status == status, "\(ended.text)", sourceLocation: sourceLocation)
    for text in texts {
      let said = ended.errors + ended.output
      #expect(said.contains(text), "'\(text)' is not in: \(said)", sourceLocation: sourceLocation)
    }
  }

  @Test func nodesThatCannotBeUsedAreNamedWithWhatToDo() async throws {
    try await withLab(nodes: 2) { lab in
      let scratch = try Scratch()
      let key = scratch.path + "/wrong"
      _ = try await program(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key])
      let known = ["--known-hosts", lab.folder + "/known_hosts"]
      let right = ["--ssh-key", lab.folder + "/id_ed25519"]
      let place = try Place(ShortWorkload())
      let run = ["run", place.scratch.path + "/w.toml", "--output", place.scratch.path + "/runs"]

      let wrongKey = try await inside(
        lab, run + ["--nodes", nodes(lab), "--ssh-key", key] + known)
      expect(wrongKey, 69, ["n1: ", "n2: ", "refused"])
      let unknown = try scratch.write("", to: "known")
      expect(
        try await inside(
          lab, run + ["--nodes", nodes(lab), "--known-hosts", unknown] + right), 69,
        ["n1: its host key", "is not in", "allow new host keys"])
      let gone =
        lab.addresses["n1", default: ""].split(separator: ".").dropLast()
        .joined(separator: ".") + ".200"
      expect(
        try await inside(
          lab, run + ["--nodes", nodes(lab) + ",far=\(gone)"] + right + known), 69,
        ["far: ", gone])
      expect(
        try await inside(
          lab, run + ["--nodes", nodes(lab) + ",lost=no-such-host.invalid"] + right + known), 69,
        ["lost: ", "no-such-host.invalid", "check the name"])
      expect(
        try await inside(lab, run + ["--nodes", nodes(lab, ":23")] + right + known), 69,
        ["n1: ", "refused the connection", "is sshd running"])
      for ended in [wrongKey] { #expect(!ended.errors.contains("n1: n1: "), "\(ended.errors)") }
    }
  }

  /// Nodes of a file or the environment may be anybody's: they must allow it, or somebody for them.
  @Test func nodesThatNobodyHasNamedAreNotHarmed() async throws {
    try await withLab(nodes: 2) { lab in
      var workload = ShortWorkload(warmUp: "100ms", faults: "100ms", coolDown: "100ms", keys: 1)
      workload.target = ShortWorkload.sleeper()
      workload.useNoClient()
      let place = try Place(workload)
      let list = try place.scratch.write(nodes(lab).replacing(",", with: "\n"), to: "nodes")
      let run =
        ["run", place.scratch.path + "/w.toml", "--output", place.scratch.path + "/runs"]
        + ["--nodes-file", list, "--ssh-key", lab.folder + "/id_ed25519"]
        + ["--known-hosts", lab.folder + "/known_hosts"]
      let refused = try await inside(lab, run)
      expect(refused, 69, ["n1: nobody has named this node", "n2: nobody", "/etc/faultline/allow"])
      #expect(!refused.errors.contains("set up"))
      #expect(try await lab.on("n1", "ls -d /run/faultline").status != 0)
      _ = try await lab.text("n1", "mkdir -p /etc/faultline; : > /etc/faultline/allow")
      let half = try await inside(lab, run)
      expect(half, 69, ["n2: nobody has named this node"])
      #expect(!half.errors.contains("n1: nobody"))
      let allowed = try await inside(lab, run + ["--yes"])
      #expect([0, 2].contains(allowed.status), "\(allowed.text)")
    }
  }

  /// A plain sshd on another port, and a user that has to use sudo.
  private func prepare(_ lab: TestLab, sudoers: String) async throws {
    for node in lab.addresses.keys {
      _ = try await lab.text(
        node,
        """
        set -e
        useradd -m -s /bin/bash ann
        echo 'ann:open sesame' | chpasswd
        mkdir -p /etc/sudoers.d; chmod 755 /etc/sudoers.d
        echo '\(sudoers)' > /etc/sudoers.d/ann; chmod 440 /etc/sudoers.d/ann
        mkdir -m 700 /home/ann/.ssh
        cp /run/faultline-ssh/authorized /home/ann/.ssh/authorized_keys
        chown -R ann: /home/ann/.ssh; chmod 600 /home/ann/.ssh/authorized_keys
        ssh-keygen -q -t ed25519 -N '' -f /run/host
        $(command -v sshd) -p 2222 -h /run/host -o UsePAM=no -o PidFile=/run/sshd2.pid
        """)
    }
  }

  private func login(_ scratch: Scratch) throws -> [String] {
    [
      "--ssh-user", "ann", "--ssh-port", "2222", "--known-hosts", scratch.path + "/known",
      "--accept-new-host-keys",
    ]
  }

  @Test func aWholeRunGoesThroughSudo() async throws {
    try await withLab(nodes: 3) { lab in
      try await prepare(lab, sudoers: "ann ALL=(ALL) NOPASSWD: ALL")
      var workload = ShortWorkload(faults: "7s")
      workload.lanes = ["partition", "kill", "pause", "disk-full"]
        .map { ShortWorkload.lane($0) }.joined()
      try await runAsAnn(lab, workload, [])
    }
  }

  @Test func aPasswordForSudoComesFromAFileAndGoesNowhereElse() async throws {
    try await withLab(nodes: 3) { lab in
      try await prepare(lab, sudoers: "ann ALL=(ALL) ALL")
      let scratch = try Scratch()
      let file = try scratch.write("open sesame\n", to: "password")
      let workload = ShortWorkload(lanes: ShortWorkload.lane("partition"))
      try await runAsAnn(lab, workload, ["--sudo-password-file", file])

      let wrong = try scratch.write("wrong\n", to: "wrong")
      let key = ["--ssh-key", lab.folder + "/id_ed25519"]
      let doctor = ["doctor", "--nodes", nodes(lab)] + key
      expect(
        try await inside(
          lab, doctor + (try login(scratch)) + ["--sudo-password-file", wrong]), 69,
        ["n1: PROBLEM: ", "sudo refused ann", "Check the password"])
      expect(
        try await inside(lab, doctor + (try login(scratch))), 69,
        ["n1: PROBLEM: ", "sudo refused ann", "Give the sudo password"])
    }
  }

  private func runAsAnn(
    _ lab: TestLab, _ workload: ShortWorkload, _ more: [String]
  ) async throws {
    let place = try Place(workload)
    let ended = try await inside(
      lab,
      [
        "run", place.scratch.path + "/w.toml", "--output", place.scratch.path + "/runs",
        "--nodes", nodes(lab), "--ssh-key", lab.folder + "/id_ed25519",
      ] + (try login(place.scratch)) + more)
    expect(ended, ended.status, ["harness   ok"])
    #expect([0, 2].contains(ended.status), "\(ended.text)")
    for node in lab.addresses.keys { #expect(try await remains(lab, node) == "") }
    let stored = try await program(["grep", "-r", "open sesame", place.scratch.path + "/runs"])
    #expect(stored.status == 1, "the password is stored: \(stored.output)")
    #expect(!ended.text.contains("open sesame"))
  }
}
