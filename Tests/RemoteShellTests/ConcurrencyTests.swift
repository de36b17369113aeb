import FoundationEssentials
import Glibc
import RemoteShell
import Testing

extension RemoteShellTests {
  @Suite struct ConcurrencyTests {
    @Test(arguments: Way.allCases)
    func runsCommandsSideBySide(_ way: Way) async throws {
      try await withShell(by: way) { shell, server in
        let start = ContinuousClock.now
        try await withThrowingTaskGroup { group in
          for number in 0..<20 {
            group.addTask {
              let result = try await shell.run(.script("sleep 1; echo \(number)"))
              #expect(result.stdoutText == "\(number)\n")
            }
          }
          try await group.waitForAll()
        }
        // One after the other they would sleep for twenty seconds alone.
        #expect(.now - start < .seconds(15))
        let log = try text(ofFile: server.directory + "/log")
        let lines = log.split(whereSeparator: \.isNewline)
        let logins = lines.count { $0.hasPrefix("Accepted publickey") }
        #expect(logins == (way == .openSSH ? 1 : RemoteShell.maximumConnections))
      }
    }

    @Test(arguments: Way.allCases)
    func hungCommandsHoldUpNothingUrgent(_ way: Way) async throws {
      try await withShell(by: way) { shell, server in
        let hung = Command(["sleep", "30"])
        let tasks = (0..<RemoteShell.maximumConnections).map { _ in
          Task { try await failure(of: shell, hung) }
        }
        while server.workers.count(where: { isSleep($0) }) < tasks.count {
          try await Task.sleep(for: .milliseconds(20))
        }
        let (busy, time) = try await failure(
          of: shell, Command(["true"], timeout: .milliseconds(300)))
        #expect(busy.reason == .busy(connections: tasks.count, after: .milliseconds(300)))
        #expect(!busy.mayHaveRun && time < .seconds(5))

        let queued = Task { try await failure(of: shell) }
        try await Task.sleep(for: .milliseconds(100))
        queued.cancel()
        #expect(
          try await queued.value.error.reason == .cancelled(command: "true", mayHaveRun: false))

        var heal = Command(["echo", "healed"])
        heal.urgent = true
        let result = try await shell.run(heal)
        #expect(result.stdoutText == "healed\n")
        #expect(server.workers.count(where: { isSleep($0) }) == tasks.count, "none has ended")
        await shell.close()
        for task in tasks { #expect(try await task.value.error.mayHaveRun) }
      }
    }

    private func isSleep(_ process: Int32) -> Bool {
      (try? text(ofFile: "/proc/\(process)/comm")) == "sleep\n"
    }

    /// Also those above the usual number, which end as soon as their command has. A process that ends while one
    /// of them still uses OpenSSL crashes.
    @Test func closingWaitsForEverySession() async {
      // In a process of its own, which has no other shell's threads.
      await #expect(processExitsWith: .success) {
        func connections() -> Int {
          (Int32(0)..<256).count { file in
            var domain: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            return getsockopt(file, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_INET
          }
        }
        try await SSHServer.with { server in
          let before = connections()
          for round in 0..<30 {
            let shell = try server.shell()
            let hung = (0..<RemoteShell.maximumConnections).map { _ in
              Task { try await shell.run(Command(["sleep", "30"])) }
            }
            while connections() < before + hung.count {
              try await Task.sleep(for: .milliseconds(1))
            }
            var last = Command(["true"])
            last.urgent = true
            _ = try await shell.run(last)
            await shell.close()
            let left = connections() - before
            guard left == 0 else { throw ToolFailure(text: "round \(round): \(left) sessions") }
            for task in hung { _ = await task.result }
          }
        }
      }
    }

    @Test func leavesNothingBehind() async {
      // In a process of its own, where nobody else opens files.
      await #expect(processExitsWith: .success) {
        func count(_ kind: String) -> Int {
          (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/\(kind)").count) ?? 0
        }
        func connectionThreads() -> Int {
          let tasks = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
          return (tasks ?? []).count { task in
            (try? text(ofFile: "/proc/self/task/\(task)/comm")) == "ssh n1\n"
          }
        }
        try await SSHServer.with { server in
          let before = count("fd")
          for closesByHand in [true, false] {
            var shell: RemoteShell? = try server.shell()
            try await withThrowingTaskGroup { [shell] group in
              for _ in 0..<10 { group.addTask { try await shell?.run(Command(["true"])) } }
              try await group.waitForAll()
            }
            _ = try? await shell?.run(Command(["sleep", "1"], timeout: .milliseconds(100)))
            guard connectionThreads() > 1, count("fd") > before else {
              throw ToolFailure(text: "nothing to count")
            }
            if closesByHand { await shell?.close() }
            shell = nil
            // The threads end by themselves a little later.
            for _ in 0..<100 where connectionThreads() > 0 || count("fd") > before {
              try await Task.sleep(for: .milliseconds(20))
            }
            guard connectionThreads() == 0, count("fd") == before else {
              throw ToolFailure(
                text: "\(connectionThreads()) threads, \(count("fd")) files, before \(before)")
            }
          }
        }
      }
    }
  }
}
