import FoundationEssentials
import Glibc
import Subprocess
import TestSupport
import Testing

@testable import Lab

extension RealNodes {
  @Suite("Nodes of a lab")
  struct NodeTests {
    @Test func answerAndReachEachOther() async throws {
      let before = try await HostState.now()
      try await withLab("reach", nodes: 3) { lab in
        #expect(try await HostState.now() == before, "the host has changed")
        let status = try await lab.status()
        #expect(status.condition == .up)
        #expect(status.nodes.map(\.node) == lab.nodes)
        for node in status.nodes {
          #expect(node.isRunning && node.answersSSH && node.processes >= 3 && node.diskUsed != nil)
        }
        for node in lab.nodes {
          #expect(try await lab.sh(node.name, "hostname").text == "\(node.name)\n")
          for other in lab.nodes {
            let banner = try await lab.sh(
              node.name, "exec 3<>/dev/tcp/\(other.name)/22; read -t 5 -r b <&3; echo $b")
            #expect(
              banner.text.hasPrefix("SSH-2.0"), "\(node.name) to \(other.name): \(banner.text)")
          }
          let address = "fd77:0:0:\(lab.subnet)::\(other(node, in: lab))"
          let six = try await lab.sh(
            node.name, "exec 3<>/dev/tcp/\(address)/22; read -t 5 -r b <&3; echo $b")
          #expect(six.text.hasPrefix("SSH-2.0"), "\(address): \(six.text)")
        }
      }
      #expect(remains(of: labName("reach")) == [])
      #expect(try await HostState.now() == before)
    }

    private func other(_ node: LabNode, in lab: LocalLab) -> Int {
      node == lab.nodes[0] ? 12 : 11
    }

    @Test func haveTheirOwnFirewallProcessesAndRoot() async throws {
      try await withLab("own", nodes: 2) { lab in
        let host = try await run("iptables-save", []).text.contains("INPUT -p tcp -j DROP")
        #expect(!host)
        let drop = try await lab.sh("n1", "iptables -w -A INPUT -p tcp -j DROP")
        #expect(drop.status == 0, "\(drop.text)")
        let status = try await lab.status()
        #expect(status.condition == .incomplete)
        #expect(status.nodes.map(\.answersSSH) == [false, true])
        #expect(try await lab.sh("n2", "iptables-save").text.contains("DROP") == false)
        #expect(try await run("iptables-save", []).text.contains("INPUT -p tcp -j DROP") == false)
        #expect(try await lab.sh("n1", "cat /proc/1/comm").text == "tini\n")
        #expect(try await lab.sh("n1", "ls -d /proc/[0-9]* | wc -l").text < "9")

        let mark = "/usr/local/mark-\(lab.name)"
        #expect(try await lab.sh("n1", "touch \(mark) && ls \(mark)").status == 0)
        #expect(try await lab.sh("n2", "ls \(mark)").status != 0)
        #expect(access(mark, F_OK) != 0)
        #expect(
          try await lab.sh("n1", "ls -A /var/lib/faultline /root").text.contains("lab") == false)
        let devices = try await lab.sh("n1", "find /dev -type b").text
        #expect(devices.split(separator: "\n").count == 1 && devices.hasPrefix("/dev/loop"))
      }
    }

    @Test func cannotReachAnythingElseNorTheClock() async throws {
      try await withLab("alone", nodes: 1) { lab in
        for script in ["exec 3<>/dev/tcp/192.0.2.1/80", "exec 3<>/dev/tcp/1.1.1.1/53"] {
          let start = ContinuousClock.now
          let outcome = try await lab.sh("n1", script)
          #expect(outcome.status != 0 && outcome.text.contains("unreachable"), "\(outcome.text)")
          #expect(ContinuousClock.now - start < .seconds(5))
        }
        let control = try lab.withNetwork { (startConnecting(to: "192.0.2.1", port: 80), errno) }
        #expect(control.0 == -1 && control.1 == ENETUNREACH)
        // exec gives what the node itself has: no right to set the one clock of this machine. (Setting it to what it
        // is would do no harm, should the test fail.)
        let clock = ["sh", "-c", "date -s @$(date +%s) >/dev/null 2>&1 && exit 9; exit 3"]
        #expect(try await lab.exec("n1", clock) == 3)
      }
    }

    @Test func haveADiskOfLimitedSizeThatSurvivesAnUmount() async throws {
      try await withLab("disk", nodes: 2) { lab in
        let fill = try await lab.sh("n1", "dd if=/dev/zero of=/data/fill bs=1M; true")
        #expect(fill.text.contains("No space left"), "\(fill.text)")
        let used = try #require(try await lab.status().nodes[0].diskUsed)
        #expect(used > 16 << 20 && used < 32 << 20)
        let other = try await lab.sh("n2", "dd if=/dev/zero of=/data/f bs=1M count=8 && sync")
        #expect(other.status == 0, "\(other.text)")
        let again = try await lab.sh(
          "n2",
          """
          set -e; umount /data; ! mountpoint -q /data
          mount "$(cat /etc/faultline/data-device)" /data; stat -c %s /data/f
          """)
        #expect(again.status == 0 && again.text == "8388608\n", "\(again.text)")
      }
    }

    @Test func passOnExitStatusesAlsoWithoutSSH() async throws {
      try await withLab("exec", nodes: 1) { lab in
        #expect(try await lab.exec("n1", ["true"]) == 0)
        #expect(try await lab.exec("n1", ["sh", "-c", "exit 7"]) == 7)
        #expect(try await lab.exec("n1", ["sh", "-c", "kill -TERM $$"]) == 128 + SIGTERM)
        #expect(try await lab.exec("n1", ["no-such-program"]) == 127)
        #expect(try await lab.exec("n1", ["sh", "-c", "test \"$(pwd)\" = /root"]) == 0)
        #expect(try await lab.exec("n1", ["test", "-d", "/data", "-a", "-w", "/data"]) == 0)
        await #expect(throws: LabError.noSuchNode("n2", lab: lab.name, nodes: ["n1"])) {
          try await lab.exec("n2", ["true"])
        }
        _ = try await lab.sh("n1", "kill -STOP $(cat /run/sshd.pid)")
        #expect(try await lab.status().nodes[0].answersSSH == false)
        #expect(try await lab.exec("n1", ["sh", "-c", "exit 5"]) == 5)
        _ = try await lab.sh("n1", "kill -KILL $(cat /run/sshd.pid)")
        #expect(try await lab.exec("n1", ["sh", "-c", "exit 6"]) == 6)
        let comesBack = try await eventually { try await lab.status().condition == .up }
        #expect(comesBack, "sshd does not come back")
      }
    }
  }
}
