import Glibc
import TestSupport
import Testing

@testable import Lab

extension RealNodes {
  @Suite("Boots of a node")
  struct RebootTests {
    /// Everything of the node that a boot makes anew, without what differs from boot to boot, and without the
    /// kernel's word for an address that it has given a second ago.
    private static let look = """
      sed -e 's/loop[0-9]*/loop/' -e 's/,uuid=on//' /proc/self/mounts | sort; ip -o address | sed -e 's/if[0-9]*//' -e 's/ tentative//'; iptables-save | grep -v '^#'
      ls /dev /run | grep -v loop; hostname; cat /etc/hosts
      cat /proc/[0-9]*/comm | grep -v -x -E 'cat|bash|timeout|grep|sort' | sort
      """

    /// Once it is twice the same: a session of sshd may still be on its way out.
    private func settledLook(_ lab: LocalLab) async throws -> String {
      var look = ""
      #expect(
        try await eventually {
          let before = look
          try await Task.sleep(for: .milliseconds(200))
          look = try await lab.sh("n1", Self.look).text
          return look == before
        })
      return look
    }

    @Test(arguments: ["from outside", "reboot", "poweroff", "SIGKILL"])
    func keepsItsDiskAndWhatItWroteAndNothingElse(_ how: String) async throws {
      let before = try await HostState.now()
      try await withLab("reboot", nodes: 2) { lab in
        let look = try await settledLook(lab)
        let first = try #require(LabProcesses(of: lab).nodes["n1"])
        #expect(LoopDevice.all(below: "\(lab.directory)/n1").count == 1)
        let mark = """
          echo kept | tee /data/mark /etc/mark /usr/local/mark /var/lib/mark; sync; rm /etc/hostname
          echo gone | tee /run/mark /tmp/mark ~root/mark; mkdir /var/lib/faultline
          iptables -A INPUT -p udp -j DROP; setsid sleep 1000 </dev/null >/dev/null 2>&1 &
          """
        #expect(try await lab.sh("n1", mark).status == 0)
        switch how {
        case "reboot": _ = try? await lab.sh("n1", "reboot")
        case "poweroff", "SIGKILL":
          if how == "SIGKILL" { kill(first, SIGKILL) } else { _ = try? await lab.sh("n1", how) }
          #expect(try await eventually { LabProcesses(of: lab).nodes["n1"] == nil })
          try await Task.sleep(for: .milliseconds(500))
          #expect(try await lab.status().nodes.map(\.isRunning) == [false, true])
          try await lab.reboot("n1")
        default: try await lab.reboot("n1")
        }
        #expect(
          try await eventually {
            try await lab.status().condition == .up && LabProcesses(of: lab).nodes["n1"] != first
          })
        let kept = try await lab.sh(
          "n1", "cat /data/mark /etc/mark /usr/local/mark /var/lib/mark; rmdir /var/lib/faultline")
        #expect(kept.status == 0 && kept.text == "kept\nkept\nkept\nkept\n", "\(kept.text)")
        let gone = try await lab.sh("n1", "cat /run/mark /tmp/mark ~root/mark; pgrep sleep")
        #expect(gone.status != 0 && !gone.text.contains("gone"), "\(gone.text)")
        var now = ""
        let isTheSame = try await eventually {
          now = try await lab.sh("n1", Self.look).text
          return now == look
        }
        #expect(isTheSame, "\(look)\nhas become\n\(now)")
        #expect(LoopDevice.all(below: "\(lab.directory)/n1").count == 1)
        let other = "exec 3<>/dev/tcp/n1/22; read -t 5 -r b <&3; echo $b"
        #expect(try await lab.sh("n2", other).text.hasPrefix("SSH-2.0"))
      }
      #expect(remains(of: labName("reboot")) == [])
      #expect(try await HostState.now() == before)
    }

    /// Whoever waits for a frozen disk cannot be killed before it is thawed.
    @Test(arguments: [true, false]) func aFrozenDiskIsNoObstacle(_ isUsed: Bool) async throws {
      try await withLab("thaw", nodes: 1) { lab in
        let writer =
          isUsed ? "setsid sh -c 'echo x > /data/x' </dev/null >/dev/null 2>&1 & sleep 0.2" : ":"
        let frozen = try await lab.sh("n1", "fsfreeze --freeze /data; \(writer)")
        #expect(frozen.status == 0, "\(frozen.text)")
        if !isUsed { kill(try #require(LabProcesses(of: lab).nodes["n1"]), SIGKILL) }
        try await lab.reboot("n1")
        #expect(try await lab.sh("n1", "echo y > /data/y && rm /data/y").status == 0)
      }
      #expect(remains(of: labName("thaw")) == [])
    }

    @Test func whatDoesNotRunOrIsNotThereIsNamed() async throws {
      try await withLab("none", nodes: 1) { lab in
        await #expect(throws: LabError.noSuchNode("n2", lab: lab.name, nodes: ["n1"])) {
          try await lab.reboot("n2")
        }
        kill(try #require(LabProcesses(of: lab).holder), SIGKILL)
        #expect(try await endsByItself(lab.name))
        await #expect(throws: LabError.notRunning(lab.name)) { try await lab.reboot("n1") }
      }
    }
  }
}
