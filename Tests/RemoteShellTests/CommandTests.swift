import Glibc
import Randomness
import RemoteShell
import Testing

extension RemoteShellTests {
  @Suite struct CommandTests {
    @Test(arguments: Way.allCases)
    func reportsStreamsAndHowACommandEnded(_ way: Way) async throws {
      try await withShell(by: way) { shell, _ in
        let script = Command.script("echo out; echo err >&2; exit 7")
        let result = try await shell.run(script)
        #expect(result.stdoutText == "out\n")
        #expect(result.stderrText == "err\n")
        #expect(result.exit == .status(7))
        #expect(!result.succeeded)
        #expect(try await shell.run(Command(["true"])).succeeded)
        for name in ["TERM", "KILL", "ABRT"] {
          let ended = try await shell.run(.script("kill -\(name) $$"))
          #expect(ended.exit == way.end(by: name))
        }
        let missing = try await shell.run(Command(["no-such-program", "x"]))
        #expect(missing.exit == .status(127))
        await #expect { try await shell.runSuccessfully(script) } throws: {
          "\($0)".contains("n1: “echo out") && "\($0)".contains("status 7: err")
        }
      }
    }

    @Test(arguments: Way.allCases)
    func readsBothStreamsWhicheverIsFull(_ way: Way) async throws {
      try await withShell(by: way) { shell, _ in
        let script = """
          head -c 200000 /dev/zero | tr '\\0' x; head -c 3000000 /dev/zero >&2; echo end
          """
        let result = try await shell.run(.script(script))
        #expect(result.stderr.count == 3_000_000)
        #expect(result.stdout.count == 200_004)
        #expect(result.stdout.suffix(4) == Array("end\n".utf8)[...])
      }
    }

    @Test(arguments: Way.allCases)
    func keepsOutputUpToTheLimit(_ way: Way) async throws {
      try await withShell(by: way) { shell, _ in
        var command = Command.script("head -c 100000 /dev/zero; head -c 3 /dev/zero >&2")
        command.outputLimit = 1000
        let cut = try await shell.run(command)
        #expect(cut.stdout.count == 1000 && cut.stdoutTruncated)
        #expect(cut.stderr.count == 3 && !cut.stderrTruncated)
        command.outputLimit = 100_000
        let whole = try await shell.run(command)
        #expect(whole.stdout.count == 100_000 && !whole.stdoutTruncated)
        let flood = try await shell.run(.script("head -c 20000000 /dev/zero"))
        #expect(flood.stdout.count == 4 << 20 && flood.stdoutTruncated)
      }
    }

    @Test(arguments: Way.allCases)
    func feedsInput(_ way: Way) async throws {
      try await withShell(by: way) { shell, _ in
        let bytes = randomBytes(3_000_000, seed: 7)
        let echoed = try await shell.run(Command(["cat"], input: bytes))
        #expect(echoed.stdout == bytes)
        #expect(try await shell.run(Command(["cat"])).stdout.isEmpty)
        // A program need not read what it is given, and may close its output first.
        let some = try await shell.run(Command(["head", "-c", "1"], input: bytes))
        #expect(some.stdout == [bytes[0]] && some.succeeded)
        let none = try await shell.run(Command(["true"], input: bytes))
        #expect(none.succeeded)
        let script = "exec >&- 2>&-; sleep 0.1; [ $(wc -c) = 3000000 ] && kill -TERM $$"
        let late = try await shell.run(.script(script, input: bytes))
        #expect(late.exit == way.end(by: "TERM"))
      }
    }

    /// On the loopback a packet always goes out whole. In a network namespace with buffers smaller
    /// than a packet it goes out in parts, and libssh2 takes no other call in between.
    @Test(.enabled(if: getuid() == 0, "needs root to make a network namespace"))
    func feedsInputThroughSmallBuffers() async throws {
      let script = """
        ip link set lo up
        for buffers in tcp_wmem tcp_rmem; do
          echo 4096 8192 8192 > /proc/sys/net/ipv4/$buffers || exit
        done
        exec 2>&1 /proc/\(getpid())/exe --testing-library swift-testing \\
          --filter 'CommandTests/feedsInput[(]'
        """
      let output = try await tool("unshare", ["-n", "sh", "-c", script])
      #expect(output.contains("Test feedsInput(_:) with 2 test cases passed"))
    }

    @Test(arguments: Way.allCases)
    func leavesDaemonsRunning(_ way: Way) async throws {
      try await withShell(by: way) { shell, server in
        let file = server.directory + "/daemon"
        let goes = server.directory + "/goes"
        let daemon = """
          sh -c 'until [ -e \(goes) ]; do sleep 0.02; done; echo $$ > \(file); exec sleep 30'
          """
        let result = try await shell.run(
          .script("setsid \(daemon) </dev/null >/dev/null 2>&1 &"))
        #expect(result.succeeded)
        await shell.close()
        try write("", to: goes)
        while (try? text(ofFile: file))?.contains("\n") != true {
          try await Task.sleep(for: .milliseconds(20))
        }
        #expect(kill(try #require(pid_t(try text(ofFile: file).trimmed)), 0) == 0)

        // One that keeps the streams keeps the command.
        let other = try server.shell(by: way)
        let (error, _) = try await failure(
          of: other, .script("sleep 30 &", timeout: .milliseconds(400)))
        #expect("\(error)".contains("must redirect its output"))
        await other.close()
      }
    }

    @Test(arguments: Way.allCases)
    func findsProgramsOfTheAdministrator(_ way: Way) async throws {
      try await withShell(by: way) { shell, _ in
        let result = try await shell.run(.script("echo $PATH"))
        #expect(result.stdoutText.contains("/usr/sbin:") && result.stdoutText.contains("/sbin:"))
        #expect(try await shell.run(Command(["sh", "-c", "command -v sshd"])).succeeded)
      }
    }

    @Test(arguments: Way.allCases)
    func passesArgumentsExactly(_ way: Way) async throws {
      var nasty = [
        "", " ", "it's", "''", "\"", "\\", "\\'", "$HOME", "$(id)", "`id`", "*", "?", "[a-z]", "~",
        "-n", "--", "a\nb", "\n", "\r\n", "\t",
        "a;b", "a&b", "|", "<", ">", "#", "!", "!!",
        "{a,b}",
        "a=b", "é", "e\u{301}", "日本語", "👩‍👩‍👧", "\u{1}\u{7f}", "%s", "^", "(x)", "x\\", "\u{feff}",
      ]
      let seed: UInt64 = 20_260_101
      print("seed \(seed)")
      var random = SeededRandom(seed: seed)
      for _ in 0..<100 {
        var word = ""
        for _ in 0..<Int.random(in: 0...40, using: &random) {
          let ascii = UInt32.random(in: 1...0x7f, using: &random)
          let any = UInt32.random(in: 0x80...0x10ffff, using: &random)
          let scalar = Bool.random(using: &random) ? ascii : any
          if let scalar = Unicode.Scalar(scalar) { word.unicodeScalars.append(scalar) }
        }
        nasty.append(word)
      }
      try await withShell(by: way) { [nasty] shell, _ in
        let words: [UInt8] = nasty.flatMap { Array($0.utf8) + [0] as [UInt8] }
        let direct = try await shell.run(Command(["printf", "%s\\0"] + nasty))
        #expect(direct.stdout == words)
        let script = "printf '%s\\0' " + ShellQuote.join(nasty)
        #expect(try await shell.run(.script(script)).stdout == words)
        #expect(try await shell.run(Command(["echo", "it's"])).stdoutText == "it's\n")
      }
    }

    @Test(arguments: Way.allCases)
    func refusesWhatNoShellCanBeGiven(_ way: Way) async throws {
      try await withShell(by: way) { shell, _ in
        for command in [
          Command([]), Command([""]), Command(["-x"]), Command(["echo", "a\0b"]), .script("true\0"),
          .script(String(repeating: "#", count: 40_000)),
        ] {
          let (error, _) = try await failure(of: shell, command)
          guard case .invalidCommand = error.reason else {
            Issue.record("\(error)")
            continue
          }
          #expect(!error.mayHaveRun)
        }
        let longest = Command.script("echo ok #" + String(repeating: "x", count: 31_000))
        #expect(try await shell.run(longest).stdoutText == "ok\n")
      }
    }

    @Test(arguments: Way.allCases)
    func movesFiles(_ way: Way) async throws {
      try await withShell(by: way) { shell, server in
        let bytes = randomBytes(1_000_000, seed: 1)
        let path = server.directory + "/it's a $file"
        try await shell.upload(bytes, to: path, mode: 0o750)
        #expect(try await shell.download(path) == bytes)
        let mode = try await shell.run(Command(["stat", "-c", "%a", path]))
        #expect(mode.stdoutText == "750\n")
        try await shell.upload([], to: path)
        #expect(try await shell.download(path) == [])
        let listing = try await shell.run(Command(["ls", server.directory]))
        #expect(!listing.stdoutText.contains("faultline-"), "no part is left over")

        await #expect { _ = try await shell.download(server.directory + "/none") } throws: {
          "\($0)".contains("No such file")
        }
        await #expect { try await shell.upload(bytes, to: "/no/such/dir/x") } throws: {
          "\($0)".contains("/no/such/dir/x")
        }
        try await shell.upload(bytes, to: path)
        await #expect { _ = try await shell.download(path, limit: 999_999) } throws: {
          "\($0)".contains("larger than the 999999 bytes")
        }
        #expect(try await shell.download(path, limit: 1_000_000) == bytes)
      }
    }
  }
}

extension Way {
  /// How a command ends that a signal has ended: OpenSSH sees it below a shell.
  fileprivate func end(by signal: String) -> CommandResult.Exit {
    let numbers: [String: Int32] = ["ABRT": 6, "KILL": 9, "TERM": 15]
    return self == .openSSH ? .status(128 + (numbers[signal] ?? 0)) : .signal(signal)
  }
}
