import Glibc
import TestSupport
import Testing

extension LoginTests {
  /// Three nodes that let nobody in but a fourth one, through which OpenSSH's configuration leads to
  /// them: one by an RSA key, one by a certificate, one by an account that has to use sudo.
  private func withJumpHost(
    _ body: (_ lab: TestLab, _ flags: [String], _ scratch: Scratch) async throws -> Void
  ) async throws {
    try await withLab(nodes: 4) { lab in
      let scratch = try Scratch()
      let keys = [("rsa", "rsa"), ("certified", "ed25519"), ("ann", "ed25519"), ("ca", "ed25519")]
      for (name, type) in keys {
        _ = try await program(
          ["ssh-keygen", "-q", "-t", type, "-N", "", "-f", scratch.path + "/" + name])
      }
      _ = try await program([
        "ssh-keygen", "-q", "-s", scratch.path + "/ca", "-I", "test", "-n", "root",
        scratch.path + "/certified.pub",
      ])
      let address = { (node: String) in lab.addresses[node, default: ""] }
      let control = address("n1").split(separator: ".").dropLast().joined(separator: ".") + ".1"
      for node in ["n1", "n2", "n3"] {
        _ = try await lab.text(
          node,
          """
          set -e
          useradd -m -s /bin/bash ann
          echo 'ann:open sesame' | chpasswd
          mkdir -p /etc/sudoers.d; chmod 755 /etc/sudoers.d
          echo 'ann ALL=(ALL) ALL' > /etc/sudoers.d/ann; chmod 440 /etc/sudoers.d/ann
          echo '\(scratch.read("rsa.pub"))\(scratch.read("ann.pub"))' > /run/keys
          echo '\(scratch.read("ca.pub"))' > /run/ca.pub
          $(command -v sshd) -p 2222 -h /run/faultline-ssh/host -o UsePAM=no -o StrictModes=no \\
            -o PidFile=/run/sshd2.pid -o AuthorizedKeysFile=/run/keys -o TrustedUserCAKeys=/run/ca.pub
          iptables -A INPUT -s \(control) -p tcp -m multiport --dports 22,2222 -j DROP
          """)
      }
      let config = """
        Host alpha
          HostName \(address("n1"))
          User root
          IdentityFile \(scratch.path)/rsa
        Host beta
          HostName \(address("n2"))
          User root
          IdentityFile \(scratch.path)/certified
        Host gamma
          HostName \(address("n3"))
          User ann
          IdentityFile \(scratch.path)/ann
        Host alpha beta gamma
          Port 2222
          ProxyJump bastion
        Host bastion
          HostName \(address("n4"))
          User root
          IdentityFile \(lab.folder)/id_ed25519
        Host *
          IdentitiesOnly yes
          UserKnownHostsFile \(scratch.path)/known

        """
      // The second server of a node shows the key of its first.
      let known = (text(ofFile: lab.folder + "/known_hosts") ?? "").split(separator: "\n")
      let lines = known.map { line in
        let parts = line.split(separator: " ", maxSplits: 1)
        let names = parts[0].split(separator: ",").map { "\($0),[\($0)]:2222" }
        return names.joined(separator: ",") + " " + parts[1]
      }
      try scratch.write(lines.joined(separator: "\n") + "\n", to: "known")
      let flags = [
        "--nodes", "alpha,beta,gamma", "--ssh-config", try scratch.write(config, to: "config"),
        "--sudo-password-file", try scratch.write("open sesame\n", to: "password"),
      ]
      try await body(lab, flags, scratch)
    }
  }

  @Test func aliasesLeadThroughAJumpHostWithEveryKindOfKey() async throws {
    try await withJumpHost { lab, flags, scratch in
      let doctor = try await inside(lab, ["doctor"] + flags)
      expect(
        doctor, 0,
        [
          "alpha: ok: root over SSH by 'ssh alpha' at \(lab.addresses["n1", default: ""]):2222",
          "gamma: ok: root over SSH by 'ssh gamma'",
        ])
      var workload = ShortWorkload()
      // The clients do not come from where SSH does.
      workload.lanes = ["clients-cut", "kill"].map { ShortWorkload.lane($0) }.joined()
      let place = try Place(workload)
      let ended = try await inside(lab, Array(place.command(flags).dropFirst()))
      expect(ended, ended.status, ["harness   ok"])
      let cut = nemesisEvents(place.file("history.jsonl")).filter { $0.f == "clients-cut" }
      #expect(cut.map(\.phase) == ["inject", "verified", "heal", "healed"])
      #expect([0, 2].contains(ended.status), "\(ended.text)")
      for node in ["n1", "n2", "n3"] { #expect(try await remains(lab, node) == "") }

      // Without the configuration the aliases lead nowhere.
      let bare = ["--nodes", "alpha,beta,gamma", "--ssh-key", lab.folder + "/id_ed25519"]
      expect(
        try await inside(lab, ["doctor", "--ssh", "libssh2"] + bare), 69,
        ["alpha: PROBLEM: ", "no address for the host alpha"])
      // A host key that is not the known one, first of the nodes, then of the jump host, too.
      let lines = scratch.read("known").split(separator: "\n")
      let bastion = "[\(lab.addresses["n4", default: ""])]"
      for (kept, texts) in [
        (
          lines.filter { $0.contains(bastion) },
          ["alpha: PROBLEM: ", "Host key verification failed"]
        ),
        ([], ["alpha: PROBLEM: ", "through a proxy, of which “ssh -F"]),
      ] {
        try scratch.write(kept.map { $0 + "\n" }.joined(), to: "known")
        expect(try await inside(lab, ["doctor"] + flags), 69, texts)
      }
    }
  }

  /// Everybody's connection breaks while a partition is in force: it is healed through new ones.
  @Test func aBrokenWayIsTakenAgain() async throws {
    try await withJumpHost { lab, flags, _ in
      let pids = try await program(["pgrep", "-f", "holder.sh \(lab.folder)"]).output
      guard let holder = pids.split(separator: "\n").last else { throw TestFailure("no holder") }
      let injecting = try Program(
        ["nsenter", "--net=/proc/\(holder)/ns/net", faultline, "nemesis", "inject", "partition"]
          + ["--target", "alpha", "--set", "shape=one", "--for", "4s"] + flags)
      let deadline = ContinuousClock.now + .seconds(40)
      while !injecting.output.contains("verified"), ContinuousClock.now < deadline {
        try await Task.sleep(for: .milliseconds(50))
      }
      // The processes of the bastion's logins, not the server itself.
      _ = try await lab.text("n4", "kill -KILL $(pgrep -f '^sshd: root')")
      let ended = try await injecting.end()
      expect(ended, 0, ["healed"])
      for node in ["n1", "n2", "n3"] { #expect(try await remains(lab, node) == "") }
    }
  }
}
