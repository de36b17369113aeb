import Glibc
import RemoteShell
import Testing

extension RemoteShellTests {
  @Suite struct AuthenticationTests {
    private func refusal(
      _ server: SSHServer, _ methods: [Credentials.Method], user: String? = nil
    ) async throws -> AuthenticationRefusal {
      let shell = try server.shell(user: user, methods)
      let (error, _) = try await failure(of: shell)
      await shell.close()
      #expect("\(error)".hasPrefix("n1: the login as "))
      #expect(!error.mayHaveRun)
      guard case .authentication(let refusal) = error.reason else { throw error }
      return refusal
    }

    private func logsIn(_ server: SSHServer, _ methods: [Credentials.Method]) async throws {
      let shell = try server.shell(methods)
      #expect(try await shell.run(Command(["id", "-un"])).stdoutText == server.user + "\n")
      await shell.close()
    }

    @Test func takesKeyFiles() async throws {
      try await SSHServer.with { server in
        let directory = server.directory
        var authorized = try text(ofFile: directory + "/key.pub")
        let keys = [
          ("ecdsa", "ecdsa", "", []), ("p521", "ecdsa", "", ["-b", "521"]),
          ("pem", "ecdsa", "", ["-m", "PKCS8"]), ("locked", "ed25519", "open it's me", []),
          ("lockedpem", "ecdsa", "sesame", ["-m", "PKCS8"]), ("rsa", "rsa", "", ["-b", "2048"]),
          ("rsapem", "rsa", "", ["-b", "2048", "-m", "PKCS8"]), ("stranger", "ed25519", "", []),
        ]
        for (name, type, passphrase, more) in keys {
          try await keygen("\(directory)/\(name)", type, passphrase: passphrase, more)
          if name != "stranger" { authorized += try text(ofFile: "\(directory)/\(name).pub") }
        }
        try write(authorized, to: directory + "/authorized_keys")
        func key(_ name: String, _ passphrase: String? = nil) -> Credentials.Method {
          .keyFile(path: "\(directory)/\(name)", passphrase: passphrase.map { Secret($0) })
        }
        for method in [
          key("key"), key("ecdsa"), key("p521"), key("pem"), key("locked", "open it's me"),
          key("lockedpem", "sesame"), key("key", "needless"),
        ] {
          try await logsIn(server, [method])
        }
        try await logsIn(server, [key("missing"), key("rsa"), key("stranger"), key("key")])

        try write("not a key", to: directory + "/garbage")
        let expected: [(Credentials.Method, AuthenticationRefusal.Problem)] = [
          (key("stranger"), .refused), (key("rsa"), .rsa), (key("rsapem"), .rsa),
          (key("locked"), .passphraseMissing), (key("locked", "wrong"), .passphraseWrong),
          (key("lockedpem"), .passphraseMissing), (key("lockedpem", "wrong"), .passphraseWrong),
          (key("missing"), .unreadable("No such file or directory")),
          (.keyFile(path: directory), .unreadable("Is a directory")),
        ]
        for (method, problem) in expected {
          let refusal = try await refusal(server, [method])
          #expect(refusal.attempts.map(\.problem) == [problem])
          #expect(refusal.offered.contains("publickey"))
        }
        let garbage = try await refusal(server, [key("garbage")])
        #expect("\(garbage)".contains("no private key"))
        let rsa = try await refusal(server, [key("rsa"), key("locked", "wrong")])
        #expect("\(rsa)".contains("ssh-keygen -t ed25519"))
        #expect(rsa.attempts.count == 2)
        #expect(!"\(rsa)".contains("wrong'") && !"\(key("locked", "hush"))".contains("hush"))
        #expect(try await refusal(server, []).attempts.isEmpty)
      }
    }

    @Test func asksAnAgent() async throws {
      try await SSHServer.with { server in
        let socket = server.directory + "/agent"
        let started = try await tool("ssh-agent", ["-a", socket])
        // SSH_AGENT_PID=123; export …
        let digits = started.split(separator: "SSH_AGENT_PID=").last?.prefix { $0.isNumber }
        let agent = try #require(digits.flatMap { pid_t($0) })
        defer { kill(agent, SIGKILL) }
        func add(_ name: String) async throws {
          try await tool(
            "sh",
            ["-c", "SSH_AUTH_SOCK=\(socket) exec ssh-add -q \(server.directory)/\(name) 2>&1"])
        }
        let empty = try await refusal(server, [.agent(socket: socket)])
        #expect(empty.attempts.map(\.problem) == [.agent("the agent has no keys")])

        try await keygen(server.directory + "/rsa", "rsa", passphrase: "", ["-b", "2048"])
        try await keygen(server.directory + "/stranger", "ecdsa")
        try await add("rsa")
        try await add("stranger")
        let others = try await refusal(server, [.agent(socket: socket)])
        #expect(others.attempts.map(\.problem) == [.refused, .rsa])
        try await add("key")
        try await logsIn(server, [.agent(socket: socket)])

        // An agent that does not answer costs the login's time and no more.
        kill(agent, SIGSTOP)
        let shell = try server.shell(
          [.agent(socket: socket)], timeouts: Timeouts(authenticate: .milliseconds(300)))
        let (error, time) = try await failure(of: shell)
        await shell.close()
        #expect("\(error)".contains("the agent does not answer"))
        #expect(time < .seconds(10))
        let none = try await refusal(server, [.agent(socket: server.directory + "/none")])
        #expect("\(none)".contains("no agent answers at"))
      }
    }

    @Test(.enabled(if: getuid() == 0, "needs root to make an account"))
    func takesPasswordsAndUsesSudo() async throws {
      try await SSHServer.with { server in
        try await withAccount { user, password in
          let wrong = try await refusal(server, [.password(Secret("wrong"))], user: user)
          #expect(wrong.attempts.map(\.problem) == [.refused])
          for way in Way.allCases {
            try await sudoWithPassword(way, server, user, password)
            try await sudoWithoutPassword(way, server, user, password)
          }
        }
      }
      try await SSHServer.with("PasswordAuthentication no") { server in
        let refusal = try await refusal(server, [.password(Secret("x"))])
        #expect(refusal.attempts.map(\.problem) == [.notOffered])
        #expect(refusal.offered == ["publickey"])
      }
    }

    private func allowSudo(_ user: String, _ rights: String) throws {
      let path = "/etc/sudoers.d/\(user)"
      try write("\(user) ALL=(ALL:ALL) \(rights)\n", to: path)
      chmod(path, 0o440)
    }

    private func sudoWithPassword(
      _ way: Way, _ server: SSHServer, _ user: String, _ password: Secret
    ) async throws {
      let id = Command(["id", "-u"], privileged: true)
      let bare = try server.shell(by: way, user: user, [.password(password)])
      #expect(try await bare.run(Command(["id", "-un"])).stdoutText == user + "\n")
      unlink("/etc/sudoers.d/\(user)")
      let (unlisted, _) = try await failure(of: bare, id)
      #expect("\(unlisted)".contains("sudo refused \(user)"))

      try allowSudo(user, "ALL")
      let (asked, _) = try await failure(of: bare, id)
      #expect("\(asked)".contains("Give the sudo password"))
      #expect(!asked.mayHaveRun)
      await bare.close()

      let wrong = try server.shell(
        by: way, user: user, [.password(password)], sudoPassword: Secret("wrong"))
      let (refused, _) = try await failure(of: wrong, id)
      #expect("\(refused)".contains("Check the password"))
      await wrong.close()

      try await sudoWorks(way, server, user, password, sudoPassword: password)
    }

    private func sudoWithoutPassword(
      _ way: Way, _ server: SSHServer, _ user: String, _ password: Secret
    ) async throws {
      try allowSudo(user, "NOPASSWD: ALL")
      try await sudoWorks(way, server, user, password, sudoPassword: nil)
      // A password that nobody asks for must not turn up in the command's input.
      try await sudoWorks(way, server, user, password, sudoPassword: password)
    }

    private func sudoWorks(
      _ way: Way, _ server: SSHServer, _ user: String, _ password: Secret, sudoPassword: Secret?
    ) async throws {
      let shell = try server.shell(
        by: way, user: user, [.password(password)], sudoPassword: sudoPassword)
      let root = try await shell.run(Command(["id", "-u"], privileged: true))
      #expect(root.stdoutText == "0\n" && root.stderrText.isEmpty)
      let input = Array("line\nit's\0 \u{ff}\n".utf8) + (0...255)
      let script = "echo \"$#\" it\\'s >&2; cat; exit 3"
      let result = try await shell.run(.script(script, input: input, privileged: true))
      #expect(result.stdout == input)
      #expect(result.stderrText == "0 it's\n")
      #expect(result.exit == .status(3))
      let ended = try await shell.run(.script("kill -KILL $$", privileged: true))
      #expect(ended.exit == .signal("KILL") || ended.exit == .status(137))
      let words = ["printf", "%s.", "a b", "$x", "it's", ""]
      let arguments = try await shell.run(Command(words, privileged: true))
      #expect(arguments.stdoutText == "a b.$x.it's..")
      // A daemon outlives the terminal that sudo may put it on.
      let late = server.directory + "/late"
      let daemon = "setsid sh -c 'sleep 0.3; echo on > \(late)' </dev/null >/dev/null 2>&1 &"
      #expect(try await shell.run(.script(daemon, privileged: true)).succeeded)
      let path = server.directory + "/owned by root"
      try await shell.upload(input, to: path, mode: 0o600, privileged: true)
      #expect(try await shell.download(path, privileged: true) == input)
      await #expect { _ = try await shell.download(path) } throws: {
        "\($0)".contains("Permission denied")
      }
      await shell.close()
      try await Task.sleep(for: .milliseconds(400))
      #expect(try text(ofFile: late) == "on\n")
      unlink(late)
    }
  }
}
