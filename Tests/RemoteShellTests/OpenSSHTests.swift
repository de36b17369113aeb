import FoundationEssentials
import Glibc
import RemoteShell
import Testing

extension RemoteShellTests {
  /// What only OpenSSH can do, and what only it can get wrong.
  @Suite struct OpenSSHTests {
    /// A shell that finds everything in a configuration with these options.
    private func shell(
      _ server: SSHServer, _ options: String, _ methods: [Credentials.Method] = []
    ) throws -> RemoteShell {
      try write(try server.knownHosts(), to: server.directory + "/known_hosts")
      let known = "UserKnownHostsFile \(server.directory)/known_hosts\n"
      let ssh = try server.openSSH(known + options)
      return RemoteShell(
        ssh.endpoint(named: "n1"), credentials: Credentials(methods), through: ssh)
    }

    @Test func knowsOfWhichNodesTheConfigurationSaysAnything() async throws {
      try await withScratch { directory in
        let file = directory + "/config"
        let config = """
          Host alias
            HostName 192.0.2.1
          Host 192.0.2.2
            ProxyJump alias
          Host 192.0.2.3
            User ann
          Host 192.0.2.4
            IdentityFile /k
          Host *
            Compression yes
            ServerAliveInterval 3

          """
        try write(config, to: file)
        for (host, isConfigured) in [
          ("alias", true), ("192.0.2.2", true), ("192.0.2.3", true), ("192.0.2.4", true),
          ("192.0.2.5", false), ("HOST", false),
        ] {
          let ssh = try OpenSSH(host, user: nil, configuration: file)
          #expect(try ssh.isConfigured() == isConfigured, "\(host)")
        }
        let alias = try OpenSSH("alias", user: "bob", port: 5, configuration: file)
        #expect(
          alias.endpoint(named: "n1")
            == Endpoint(name: "n1", host: "192.0.2.1", port: 5, user: "bob"))
        try write("Nonsense yes\n", to: file)
        #expect { try OpenSSH("alias", configuration: file) } throws: {
          "\($0)".contains("nonsense")
        }
      }
    }

    @Test func takesTheConfigurationsKeys() async throws {
      try await SSHServer.with { server in
        let rsa = server.directory + "/rsa"
        try await keygen(rsa, "rsa", passphrase: "a b'c")
        let keys = server.directory + "/authorized_keys"
        try write(try text(ofFile: keys) + (try text(ofFile: rsa + ".pub")), to: keys)
        let identity = "IdentitiesOnly yes\nIdentityFile "

        let bare = try shell(server, identity + rsa)
        let (locked, _) = try await failure(of: bare)
        #expect("\(locked)".contains("OpenSSH cannot log in") && !locked.mayHaveRun)
        await bare.close()
        let opened = try shell(
          server, identity + "none", [.keyFile(path: rsa, passphrase: Secret("a b'c"))])
        #expect(try await opened.run(Command(["echo", "in"])).stdoutText == "in\n")
        await opened.close()
      }
    }

    @Test func takesACertificate() async throws {
      try await withScratch { directory in
        try await keygen(directory + "/ca", "ed25519")
        let authority = "TrustedUserCAKeys \(directory)/ca.pub"
        try await SSHServer.with(authority) { server in
          let key = server.directory + "/certified"
          try await keygen(key, "ed25519")
          let options = "IdentitiesOnly yes\nIdentityFile \(key)"
          let stranger = try shell(server, options)
          let (refused, _) = try await failure(of: stranger)
          #expect("\(refused)".contains("Permission denied"))
          await stranger.close()
          try await tool(
            "ssh-keygen",
            ["-q", "-s", directory + "/ca", "-I", "t", "-n", server.user, key + ".pub"])
          let known = try shell(server, options)
          #expect(try await known.run(Command(["echo", "in"])).stdoutText == "in\n")
          await known.close()
          #expect(try text(ofFile: server.directory + "/log").contains("CA ED25519"))
        }
      }
    }

    @Test func believesKnownHostKeysOnly() async throws {
      try await SSHServer.with { server in
        let key = "IdentityFile \(server.directory)/key"
        let other = server.directory + "/other"
        try write("", to: other)
        for (options, isBelieved) in [
          ("GlobalKnownHostsFile none\nUserKnownHostsFile \(other)\n", false),
          ("UserKnownHostsFile \(other)\nStrictHostKeyChecking no\n", true),
        ] {
          let ssh = try server.openSSH(options + key)
          let shell = RemoteShell(
            ssh.endpoint(named: "n1"), credentials: Credentials([]), through: ssh)
          if isBelieved {
            #expect(try await shell.run(Command(["true"])).succeeded)
          } else {
            let (error, _) = try await failure(of: shell)
            #expect("\(error)".contains("Host key verification failed") && !error.mayHaveRun)
          }
          await shell.close()
        }
        // Our own options go before the configuration's.
        try write("", to: other)
        let strict = try server.shell(by: .openSSH, hostKeys: .strict([other]))
        let (unknown, _) = try await failure(of: strict)
        #expect("\(unknown)".contains("Host key verification failed"))
        await strict.close()
        let new = try server.shell(by: .openSSH, hostKeys: .acceptNew(writeTo: other))
        #expect(try await new.run(Command(["true"])).succeeded)
        await new.close()
        #expect(try text(ofFile: other).contains("ssh-ed25519"))
      }
    }

    @Test func tellsItsOwnFailureFromTheCommands() async throws {
      try await withShell(by: .openSSH) { shell, _ in
        for said in ["", "no connection", "\u{1}faultline-ended\u{1}"] {
          let result = try await shell.run(.script("echo out; printf '\(said)' >&2; exit 255"))
          #expect(result.exit == .status(255))
          #expect(result.stdoutText == "out\n" && result.stderrText == said)
        }
        var cut = Command.script("head -c 100000 /dev/zero >&2; exit 255")
        cut.outputLimit = 10
        let result = try await shell.run(cut)
        #expect(result.exit == .status(255) && result.stderr.count == 10 && result.stderrTruncated)
      }
    }

    /// The session of a command is cut at every moment of its life, and the command is never run
    /// twice, nor run where it is said not to have been. Half of the moments count from the call,
    /// the others from the command's first trace, which a slow machine may show late.
    @Test func neverRunsACommandTwice() async throws {
      try await withShell(by: .openSSH) { shell, server in
        var started = 0
        for moment in 0..<24 {
          let marker = "\(server.directory)/runs-\(moment)"
          async let outcome = problem(
            of: shell, .script("echo run >> \(marker); sleep 0.1"))
          if !moment.isMultiple(of: 2) {
            while !FileManager.default.fileExists(atPath: marker) {
              try await Task.sleep(for: .milliseconds(5))
            }
          }
          try await Task.sleep(for: .milliseconds(moment * 10))
          for master in masters(of: server) { kill(master, SIGKILL) }
          let error = await outcome
          // What was started goes on without us.
          try await Task.sleep(for: .milliseconds(150))
          let runs = (try? text(ofFile: marker)) ?? ""
          if let error {
            #expect(runs.isEmpty || error.mayHaveRun, "\(moment): \(error)")
            #expect(["", "run\n"].contains(runs), "\(moment): \(error)")
          } else {
            #expect(runs == "run\n", "\(moment)")
          }
          started += runs.isEmpty ? 0 : 1
        }
        #expect(started >= 12, "the cuts came too early to tell anything")
        #expect(try await shell.run(Command(["true"])).succeeded)
      }
    }

    private func problem(of shell: RemoteShell, _ command: Command) async -> ShellError? {
      do throws(ShellError) {
        _ = try await shell.run(command)
        return nil
      } catch {
        return error
      }
    }

    /// The masters for a server, known by its configuration.
    private func masters(of server: SSHServer) -> [pid_t] {
      processes { $0.contains("ControlMaster=yes\0") && $0.contains(server.directory) }
    }

    private func processes(_ isMeant: (String) -> Bool) -> [pid_t] {
      let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return entries.compactMap { pid_t($0) }.filter { process in
        isMeant((try? text(ofFile: "/proc/\(process)/cmdline")) ?? "")
      }
    }

    /// One master for as many sessions as the node allows, then another one.
    @Test(arguments: [1, 2, 10])
    func opensAnotherMasterWhereTheNodeAllowsNoMoreSessions(_ sessions: Int) async throws {
      try await withShell(by: .openSSH, "MaxSessions \(sessions)") { shell, server in
        try await withThrowingTaskGroup { group in
          for number in 0..<14 {
            group.addTask {
              var command = Command.script("echo \(number) >> \(server.directory)/ran; sleep 0.5")
              command.urgent = true
              try await shell.runSuccessfully(command)
            }
          }
          try await group.waitForAll()
        }
        let ran = try text(ofFile: server.directory + "/ran").split(separator: "\n")
        #expect(ran.compactMap { Int($0) }.sorted() == Array(0..<14))
      }
    }

    @Test func leavesNeitherMastersNorFoldersBehind() async throws {
      func folders() -> Set<String> {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/tmp")) ?? []
        return Set(
          names.filter { name in
            name.hasPrefix("faultline-")
              && (try? FileManager.default.contentsOfDirectory(atPath: "/tmp/\(name)"))?
                .contains("1.log") == true
          })
      }
      try await SSHServer.with { server in
        let before = folders()
        for closesByHand in [true, false] {
          var shell: RemoteShell? = try server.shell(by: .openSSH)
          try await shell?.runSuccessfully(Command(["true"]))
          _ = try? await shell?.run(Command(["sleep", "1"], timeout: .milliseconds(100)))
          #expect(masters(of: server).count == 1)
          #expect(folders().subtracting(before).count == 1)
          if closesByHand {
            await shell?.close()
            #expect(masters(of: server).isEmpty)
          }
          shell = nil
          for _ in 0..<100 where !masters(of: server).isEmpty || folders() != before {
            try await Task.sleep(for: .milliseconds(20))
          }
          #expect(masters(of: server).isEmpty && folders() == before)
        }
      }
    }

    /// Nobody who looks at the processes of this machine learns a secret from their arguments.
    @Test(.enabled(if: getuid() == 0, "needs root to make an account"))
    func showsSecretsToNobody() async throws {
      try await SSHServer.with { server in
        try await withAccount { user, password in
          let shell = try server.shell(
            by: .openSSH, user: user, [.password(password)], sudoPassword: password)
          let seen = Task {
            var shown: [String] = []
            while !Task.isCancelled {
              shown += processes { $0.contains("$ecret") }.map(String.init)
              try? await Task.sleep(for: .milliseconds(2))
            }
            return shown
          }
          for _ in 0..<3 {
            let id = try await shell.run(Command(["id", "-u"], privileged: true))
            #expect(id.stdoutText == "0\n")
          }
          seen.cancel()
          #expect(await seen.value.isEmpty)
          #expect(!masters(of: server).isEmpty)
          await shell.close()

          let wrong = try server.shell(by: .openSSH, user: user, [.password(Secret("wrong"))])
          let (refused, _) = try await failure(of: wrong)
          #expect("\(refused)".contains("Permission denied"))
          await wrong.close()
        }
      }
    }
  }
}
