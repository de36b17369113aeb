import FoundationEssentials
import Glibc
import RemoteShell
import Testing

extension RemoteShellTests {
  @Suite struct FailureTests {
    private func shell(_ host: String, port: UInt16) -> RemoteShell {
      RemoteShell(
        Endpoint(name: "n1", host: host, port: port), credentials: Credentials([]),
        timeouts: Timeouts(connect: .milliseconds(400)))
    }

    @Test func saysWhyThereIsNoConnection() async throws {
      let silent = try SilentSocket()
      let freePort = try SilentSocket().port

      let (refused, _) = try await failure(of: shell("127.0.0.1", port: freePort))
      #expect(refused.reason == .connectionRefused(address: "127.0.0.1:\(freePort)"))
      let (refused6, _) = try await failure(of: shell("::1", port: freePort))
      #expect("\(refused6)".contains("[::1]:\(freePort)"))

      let (mute, muteTime) = try await failure(of: shell("127.0.0.1", port: silent.port))
      #expect("\(mute)".contains("did not finish the SSH handshake within 0.4 s"))
      #expect(muteTime > .milliseconds(390) && muteTime < .seconds(5))

      let (unnamed, _) = try await failure(of: shell("no-such-host.invalid", port: 22))
      guard case .nameNotFound(host: "no-such-host.invalid", _) = unnamed.reason else {
        throw unnamed
      }
      // The name is looked up on a thread of its own.
      let (local, _) = try await failure(of: shell("localhost", port: freePort))
      #expect(local.reason == .connectionRefused(address: "localhost:\(freePort)"))
    }

    @Test func givesUpConnectingInTime() async throws {
      // With its queue full, the kernel answers no further connection to the socket.
      let full = try SilentSocket()
      let others = (0..<4).map { _ in shell("127.0.0.1", port: full.port) }
      try await withThrowingTaskGroup { group in
        for other in others {
          group.addTask {
            let (error, time) = try await failure(of: other)
            guard case .connectTimeout = error.reason else { throw error }
            #expect(time < .seconds(2))
          }
        }
        try await group.waitForAll()
      }
    }

    @Test func saysThatAServerHungUp() async throws {
      // One login may be in progress, and a client that says nothing takes it.
      try await withShell("MaxStartups 1:100:1") { shell, server in
        let busy = try SilentSocket(connectingTo: server.port)
        while server.workers.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        let (error, _) = try await failure(of: shell)
        guard case .handshake = error.reason else { throw error }
        #expect("\(error)".contains("too many logins at once"))
        withExtendedLifetime(busy) {}
      }
    }

    @Test(arguments: Way.allCases)
    func endsAHungCommandInTime(_ way: Way) async throws {
      try await withShell(by: way) { shell, server in
        let pidFile = server.directory + "/hung"
        let (error, time) = try await failure(
          of: shell,
          .script("echo $$ > \(pidFile); exec sleep 30", timeout: .milliseconds(700)))
        let pid = try #require(pid_t(try text(ofFile: pidFile).trimmed))
        #expect("\(error)".contains("within 0.7 s; it may have run"))
        #expect(error.mayHaveRun)
        #expect(time > .milliseconds(690) && time < .seconds(10))
        #expect(kill(pid, 0) == 0, "the program goes on")
        #expect(try await shell.run(Command(["echo", "on"])).stdoutText == "on\n")
      }
    }

    @Test(arguments: Way.allCases)
    func survivesAFrozenServer(_ way: Way) async throws {
      try await withShell(by: way, timeouts: Timeouts(connect: .seconds(2))) {
        shell, server in
        try await shell.runSuccessfully(Command(["true"]))
        // Only the idle session's process: another connection helps.
        server.signalWorkers(SIGSTOP)
        try await shell.runSuccessfully(Command(["true"]))

        // The whole server: the kernel still takes connections.
        kill(server.pid, SIGSTOP)
        server.signalWorkers(SIGSTOP)
        let (error, time) = try await failure(
          of: shell, Command(["true"], timeout: .milliseconds(600)))
        #expect(!error.mayHaveRun)
        #expect("\(error)".hasPrefix("n1: "))
        if way == .libssh2 { #expect("\(error)".contains("is the node frozen")) }
        #expect(time < .seconds(10))
        kill(server.pid, SIGCONT)
        server.signalWorkers(SIGCONT)
        try await shell.runSuccessfully(Command(["true"]))

        // In the middle of a command.
        let marker = server.directory + "/runs"
        async let running = failure(
          of: shell, .script("echo > \(marker); sleep 1; echo done", timeout: .seconds(2)))
        while !FileManager.default.fileExists(atPath: marker) {
          try await Task.sleep(for: .milliseconds(20))
        }
        server.signalWorkers(SIGSTOP)
        let (frozen, frozenTime) = try await running
        #expect(frozen.mayHaveRun)
        #expect(frozenTime < .seconds(10))
        server.signalWorkers(SIGCONT)
        try await shell.runSuccessfully(Command(["true"]))
      }
    }

    @Test(arguments: Way.allCases)
    func saysWhetherALostCommandMayHaveRun(_ way: Way) async throws {
      try await withShell(by: way) { shell, server in
        let marker = server.directory + "/runs"
        async let running = failure(of: shell, .script("echo run >> \(marker); sleep 20; echo end"))
        while (try? text(ofFile: marker)) != "run\n" {
          try await Task.sleep(for: .milliseconds(20))
        }
        server.signalWorkers(SIGKILL)
        let (error, time) = try await running
        guard case .connectionLost(_, _, mayHaveRun: true) = error.reason else { throw error }
        #expect("\(error)".contains("it may have run"))
        #expect(time < .seconds(15))

        // Idle sessions that were killed, noticed or not, cost nothing.
        for pause in [0, 100] {
          try await shell.runSuccessfully(Command(["true"]))
          server.signalWorkers(SIGKILL)
          try await Task.sleep(for: .milliseconds(pause))
          try await shell.runSuccessfully(Command(["sh", "-c", "echo run >> \(marker)"]))
        }
        #expect(try text(ofFile: marker) == "run\nrun\nrun\n", "nothing was run twice")

        server.signalWorkers(SIGKILL)
        kill(server.pid, SIGKILL)
        while (try? SilentSocket(connectingTo: server.port)) != nil {
          try await Task.sleep(for: .milliseconds(10))
        }
        let (gone, _) = try await failure(of: shell)
        if way == .libssh2 {
          #expect(gone.reason == .connectionRefused(address: "127.0.0.1:\(server.port)"))
        } else {
          #expect("\(gone)".contains("port \(server.port): Connection refused"))
        }
      }
    }

    @Test(arguments: Way.allCases)
    func reportsARefusedCommand(_ way: Way) async throws {
      try await withShell(by: way, "MaxSessions 0") { shell, _ in
        let (error, _) = try await failure(of: shell)
        guard case .rejected = error.reason else { throw error }
        #expect(!error.mayHaveRun)
      }
    }

    @Test(arguments: Way.allCases)
    func stopsWaitingWhenCancelled(_ way: Way) async throws {
      try await withShell(by: way) { shell, _ in
        try await shell.runSuccessfully(Command(["true"]))
        let task = Task { try await failure(of: shell, Command(["sleep", "3"])) }
        try await Task.sleep(for: .milliseconds(500))
        task.cancel()
        let (error, time) = try await task.value
        guard case .cancelled(_, mayHaveRun: true) = error.reason else { throw error }
        #expect(time < .seconds(2))
        try await shell.runSuccessfully(Command(["true"]))
        await shell.close()
        let (closed, _) = try await failure(of: shell)
        #expect(closed.reason == .closed)
      }
    }
  }
}
