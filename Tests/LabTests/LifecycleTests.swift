import FoundationEssentials
import Glibc
import Subprocess
import TestSupport
import Testing

@testable import Lab

extension RealNodes {
  @Suite("Life of a lab")
  struct LifecycleTests {
    @Test func twoLabsLiveSideBySide() async throws {
      try await withLab("left", nodes: 1) { left in
        try await withLab("right", nodes: 1) { right in
          #expect(left.subnet != right.subnet)
          #expect(try LocalLab.find(left.name) == left && LocalLab.find(right.name) == right)
          #expect(Set(LocalLab.all()).isSuperset(of: [left, right]))
          let across = try await left.sh("n1", "exec 3<>/dev/tcp/\(right.nodes[0].ip)/22")
          #expect(across.status != 0 && across.text.contains("unreachable"), "\(across.text)")
          await #expect(throws: LabError.alreadyUp(left.name)) { try await LocalLab.up(left.spec) }
          try await right.down()
          try await right.down()
          #expect(try await left.status().condition == .up)
        }
      }
    }

    /// The child kills itself in the middle of `up`. What it has built by then goes, with `down` and without.
    @Test(arguments: [2, 30, 100, 200, 350, 600])
    func killedWhileComingUp(milliseconds: Int) async throws {
      let before = try await HostState.now()
      let name = labName("killed-up-\(milliseconds)")
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [name = name as String, delay = milliseconds as Int] in
        Task.detached {
          try await Task.sleep(for: .milliseconds(delay))
          kill(getpid(), SIGKILL)
        }
        let spec = LabSpec(name: name, nodes: 3, diskBytes: 32 << 20)
        while true { try await LocalLab.up(spec).down() }
      }
      if let lab = LabStore.load(name) {
        if milliseconds % 3 != 0 { #expect(try await endsByItself(name)) }
        try await lab.down()
      }
      let left = remains(of: name).filter { !$0.hasPrefix(".") }
      #expect(left == [])
      #expect(try await HostState.now() == before)
    }

    @Test(arguments: [0, 10, 50])
    func killedWhileGoingDown(milliseconds: Int) async throws {
      let before = try await HostState.now()
      let spec = LabSpec(
        name: labName("killed-down-\(milliseconds)"), nodes: 1, diskBytes: 32 << 20)
      let lab = try await LocalLab.up(spec)
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [name = lab.name as String, delay = milliseconds as Int] in
        Task.detached {
          try await Task.sleep(for: .milliseconds(delay))
          kill(getpid(), SIGKILL)
        }
        try await LocalLab.find(name).down()
        try await Task.sleep(for: .seconds(5))
      }
      try await lab.down()
      #expect(remains(of: lab.name).filter { !$0.hasPrefix(".") } == [])
      #expect(try await HostState.now() == before)
      // What was left on its way out of the directory goes with whatever comes next.
      try await LocalLab.up(spec).down()
      #expect(remains(of: lab.name) == [])
    }

    @Test func aTestThatIsKilledLeavesNoLab() async throws {
      let before = try await HostState.now()
      let scratch = try Scratch()
      await #expect(processExitsWith: .signal(SIGKILL)) { [folder = scratch.path as String] in
        try await withLab("killed-test", nodes: 1) { lab in
          try Data(lab.name.utf8).write(to: URL(filePath: "\(folder)/name"))
          kill(getpid(), SIGKILL)
        }
      }
      let name = scratch.read("name")
      #expect(name.hasPrefix("test-killed-test-"))
      for _ in 0..<6 where try await !eventually({ remains(of: name) == [] }) {}
      #expect(remains(of: name) == [])
      #expect(try await HostState.now() == before)
    }

    @Test func killedHolderLeavesNothingButItsDirectory() async throws {
      let before = try await HostState.now()
      try await withLab("holder", nodes: 2) { lab in
        let holder = try #require(LabProcesses(of: lab).holder)
        kill(holder, SIGKILL)
        #expect(try await endsByItself(lab.name))
        #expect(try await HostState.now() == before)
        let status = try await lab.status()
        #expect(status.condition == .stale && status.nodes.allSatisfy { !$0.isRunning })
        await #expect(throws: LabError.notRunning(lab.name)) { try await lab.exec("n1", ["true"]) }
        #expect(throws: LabError.notRunning(lab.name)) { try lab.enterNetwork() }
        // A stale lab is no obstacle to a new one of its name.
        _ = try await LocalLab.up(lab.spec)
        #expect(try await lab.status().condition == .up)
      }
      #expect(remains(of: labName("holder")) == [])
    }

    /// A frozen disk: a writer that cannot be killed on one node, nobody left to see the disk on the other.
    @Test(arguments: [false, true]) func frozenDisksAreThawed(holderIsKilled: Bool) async throws {
      let before = try await HostState.now()
      try await withLab("frozen", nodes: 2) { lab in
        let writer = try await lab.sh(
          "n1",
          "fsfreeze --freeze /data; setsid sh -c 'sleep 0.1; echo x > /data/x' </dev/null >/dev/null 2>&1 &"
        )
        #expect(writer.status == 0, "\(writer.text)")
        #expect(try await lab.sh("n2", "fsfreeze --freeze /data").status == 0)
        try await Task.sleep(for: .milliseconds(300))
        let processes = LabProcesses(of: lab)
        let doomed = holderIsKilled ? processes.holder : processes.nodes["n2"]
        kill(try #require(doomed), SIGKILL)
        try await Task.sleep(for: .milliseconds(300))
        let start = ContinuousClock.now
        try await lab.down()
        #expect(ContinuousClock.now - start < .seconds(8))
      }
      #expect(remains(of: labName("frozen")) == [])
      #expect(try await HostState.now() == before)
    }

    @Test func aNodeWithoutItsFirstProcessIsMissed() async throws {
      try await withLab("gone", nodes: 2) { lab in
        kill(try #require(LabProcesses(of: lab).nodes["n2"]), SIGKILL)
        #expect(try await eventually { LabProcesses(of: lab).nodes["n2"] == nil })
        let status = try await lab.status()
        #expect(status.condition == .incomplete)
        #expect(status.nodes.map(\.isRunning) == [true, false])
        // A busy machine may let its sshd wait for longer than the status does.
        #expect(
          try await eventually {
            try await lab.status().nodes.map(\.answersSSH) == [true, false]
          })
        await #expect(throws: LabError.nodeNotRunning("n2", lab: lab.name)) {
          try await lab.exec("n2", ["true"])
        }
      }
    }

    @Test func downSaysWhatItCouldNotRemove() async throws {
      try await withLab("left-behind", nodes: 1) { lab in
        let disk = try #require(LoopDevice.all(below: lab.directory).first)
        let user = open(disk.path, O_RDONLY | O_CLOEXEC)
        #expect(user >= 0)
        defer { close(user) }
        let error = await #expect(throws: LabError.self) { try await lab.down() }
        #expect("\(try #require(error))".contains(disk.path))
        #expect(try await lab.status().condition == .stale)
      }
      #expect(remains(of: labName("left-behind")) == [])
    }

    @Test func aNodeThatFailsIsNamedWithItsLog() async throws {
      let name = labName("failing")
      await #expect(processExitsWith: .success) { [name = name as String] in
        // No file may become as long as a disk.
        var limit = rlimit(rlim_cur: 1 << 20, rlim_max: 1 << 20)
        setrlimit(__rlimit_resource_t(1), &limit)
        signal(SIGXFSZ, SIG_IGN)
        let error = await #expect(throws: LabError.self) {
          try await LocalLab.up(LabSpec(name: name, nodes: 2, diskBytes: 32 << 20))
        }
        guard case .nodeFailed(let node, name, let reason, let log) = error else {
          Issue.record("\(error.map { "\($0)" } ?? "no error")")
          return
        }
        #expect(["n1", "n2"].contains(node) && reason.contains("status"))
        #expect(
          log.contains("runcate") || log.contains("too large") || log.contains("limit"), "\(log)")
      }
      #expect(remains(of: name) == [])
    }

    @Test func aCancelledUpLeavesNothing() async throws {
      let name = labName("cancelled")
      let task = Task { try await LocalLab.up(LabSpec(name: name, nodes: 2, diskBytes: 32 << 20)) }
      try await Task.sleep(for: .milliseconds(300))
      task.cancel()
      if let lab = try? await task.value { try await lab.down() }
      #expect(remains(of: name) == [])
    }
  }
}
