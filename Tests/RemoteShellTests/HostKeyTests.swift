import RemoteShell
import Testing

extension RemoteShellTests {
  @Suite struct HostKeyTests {
    private func refusal(
      _ server: SSHServer, _ policy: HostKeyPolicy
    ) async throws -> HostKeyRefusal {
      let shell = try server.shell(hostKeys: policy)
      let (error, _) = try await failure(of: shell)
      await shell.close()
      #expect(!error.mayHaveRun)
      guard case .hostKey(let refusal) = error.reason else { throw error }
      #expect("\(error)".contains(refusal.line) || refusal.problem == .revoked)
      return refusal
    }

    private func isBelieved(_ server: SSHServer, _ policy: HostKeyPolicy) async throws -> Bool {
      let shell = try server.shell(hostKeys: policy)
      let result = try await shell.run(Command(["true"]))
      await shell.close()
      return result.succeeded
    }

    @Test func believesKnownKeysOnly() async throws {
      try await SSHServer.with { server in
        let file = server.directory + "/hosts"
        let strict = HostKeyPolicy.strict([server.directory + "/missing", file])
        let key = try server.knownHosts()

        let unknown = try await refusal(server, strict)
        #expect(unknown.problem == .unknown)
        let listed = try await tool("ssh-keygen", ["-lf", server.directory + "/host_ed25519.pub"])
        #expect(listed.contains(unknown.fingerprint + " "))
        try write(unknown.line + "\n", to: file)
        #expect(try await isBelieved(server, strict), "the line of the message is what is needed")

        // Names in clear, several in a line, hashed, and among lines that nobody understands.
        let name = "[127.0.0.1]:\(server.port)"
        for content in [
          "# comment\n\ngarbage\nx y\n@cert-authority * ssh-ed25519 AAAA\n" + key,
          "other,\(name),third" + key.dropFirst(name.count),
          "127.0.0.1" + key.dropFirst(name.count),
        ] {
          try write(content, to: file)
          #expect(try await isBelieved(server, strict))
        }
        try write("other ssh-ed25519 AAAA\n" + key, to: file)
        try await tool("ssh-keygen", ["-q", "-H", "-f", file])
        #expect(try text(ofFile: file).contains("|1|"))
        #expect(try await isBelieved(server, strict))

        try write("@revoked * " + key.dropFirst(name.count + 1) + key, to: file)
        #expect(try await refusal(server, strict).problem == .revoked)
      }
    }

    @Test func refusesAChangedKey() async throws {
      try await SSHServer.with { server in
        let file = server.directory + "/hosts"
        let other = try text(ofFile: server.directory + "/key.pub")
        let changed = "[127.0.0.1]:\(server.port) \(other)"
        for hashed in [false, true] {
          try write(changed, to: file)
          if hashed { try await tool("ssh-keygen", ["-q", "-H", "-f", file]) }
          #expect(try await refusal(server, .strict([file])).problem == .changed)
          let before = try text(ofFile: file)
          #expect(try await refusal(server, .acceptNew(writeTo: file)).problem == .changed)
          #expect(try text(ofFile: file) == before)
        }
      }
    }

    @Test func asksForTheTypeOfKeyThatIsKnown() async throws {
      try await SSHServer.with { server in
        let file = server.directory + "/hosts"
        try write(try server.knownHosts(["ecdsa"]), to: file)
        #expect(try await isBelieved(server, .strict([file])))
        // OpenSSH's server refuses to show an RSA key to this client.
        try await keygen(server.directory + "/host_rsa", "rsa", passphrase: "", ["-b", "2048"])
        try write(try server.knownHosts(["rsa"]), to: file)
        let problem = HostKeyRefusal.Problem.otherTypes(["ssh-rsa"])
        #expect(try await refusal(server, .strict([file])).problem == problem)
        #expect(try await refusal(server, .acceptNew(writeTo: file)).problem == problem)
      }
    }

    @Test func addsNewKeysWhereAsked() async throws {
      try await SSHServer.with { server in
        let file = server.directory + "/hosts"
        try write("other ssh-ed25519 AAAA", to: file)
        let shell = try server.shell(hostKeys: .acceptNew(writeTo: file))
        // All at once, and the key is still added only once.
        try await withThrowingTaskGroup { group in
          for _ in 0..<4 { group.addTask { try await shell.run(Command(["true"])) } }
          try await group.waitForAll()
        }
        await shell.close()
        let key = try server.knownHosts().split(separator: " test")[0]
        #expect(try text(ofFile: file) == "other ssh-ed25519 AAAA\n\(key)\n")
        #expect(try await isBelieved(server, .strict([file])))
        let (error, _) = try await failure(
          of: server.shell(hostKeys: .acceptNew(writeTo: "/no/such/place")))
        #expect("\(error)".contains("/no/such/place: No such file"))
      }
    }
  }
}
