import TestSupport
import Testing

/// What is refused or shown before anything is touched; needs no root and no nodes.
struct UsageTests {
  private func run(
    _ arguments: [String], environment: [String: String] = [:]
  ) async throws -> Program.Ended {
    try await program([faultline] + arguments, environment: environment)
  }

  @Test func mistakesOnTheCommandLineAreNoVerdict() async throws {
    let place = try Place(ShortWorkload())
    let file = place.scratch.path + "/w.toml"
    try place.scratch.write("name = 5\n", to: "bad.toml")
    var thirds = ShortWorkload(lanes: ShortWorkload.lane("partition", "shape = \"bridge\""))
    thirds.name = "bridge"
    let bridge = try place.scratch.write(thirds.text, to: "bridge.toml")
    for (arguments, status) in [
      ([], 64), (["frobnicate"], 64), (["run"], 64), (["--help"], 0), (["--version"], 0),
      (["run", "--help"], 0), (["run", file, "--frobnicate"], 64), (["run", file], 64),
      (["run", file, "--lab", "3", "--time-limit", "10"], 64),
      (["run", file, "--lab", "3", "--rate", "0", "--dry-run"], 64),
      (["run", file, "--lab", "3", "--concurrency", "n", "--dry-run"], 64),
      (["run", file, "--lab", "3", "--seed", "-1"], 64),
      (["run", file, "--lab", "3", "--seed", "18446744073709551615", "--dry-run"], 64),
      (["run", file, "--nodes", "a,a", "--ssh-key", "/x", "--dry-run"], 64),
      (["run", file, "--nodes", "a:99999", "--ssh-key", "/x", "--dry-run"], 64),
      (["run", place.scratch.path + "/no.toml", "--lab", "3"], 66),
      (["run", place.scratch.path + "/bad.toml", "--lab", "3"], 65),
      (["run", bridge, "--lab", "2", "--dry-run"], 65),
      (["run", file, "--lab", "1", "--dry-run"], 65),
      (["run", file, "--nodes-file", "/nowhere", "--dry-run"], 66),
      (["faults"], 0), (["faults", "power-loss"], 0), (["faults", "nuke"], 64),
      (["nemesis", "inject", "nuke", "--lab", "x"], 64),
      (["nemesis", "inject", "kill", "--lab", "x"], 64),
      (["nemesis", "inject", "partition", "--lab", "x", "--lease", "1s"], 64),
      (["nemesis", "inject", "partition", "--lab", "x"], 66),
      (["run", file, "--lab", "3", "--replay-faults", "/nowhere", "--dry-run"], 66),
      (["run", file, "--lab", "3", "--replay-faults", file, "--dry-run"], 65),
      (["doctor", "--nodes", "n1", "--ssh", "telnet"], 64),
      (["doctor", "--nodes", "n1", "--ssh-config", "/nowhere"], 64),
      (["heal", "--lab", "no-such-lab"], 66), (["heal"], 64), (["doctor"], 64),
      (["lab", "exec", "--name", "no-such-lab", "n1", "--", "true"], 66),
      (["lab", "up", "--name", "Bad/Name"], 64), (["lab", "up", "--nodes", "0"], 64),
    ] {
      let environment = ["FAULTLINE_NODES": "", "SSH_AUTH_SOCK": ""]
      let ended = try await run(arguments, environment: environment)
      #expect(ended.status == Int32(status), "\(arguments): \(ended.text)")
      if status != 0 { #expect(!ended.errors.isEmpty) }
    }
  }

  @Test func faultsAreExplainedInLinesThatFitAndWithTheirCommands() async throws {
    let list = try await run(["faults"]).output.split(separator: "\n\n")[0]
    let names = list.split(separator: "\n").compactMap { $0.split(separator: " ").first }
    #expect(names.contains("partition") && names.contains("custom"))
    for name in names {
      let explained = try await run(["faults", String(name)]).output
      let paragraphs = explained.split(separator: "\n\n", omittingEmptySubsequences: false)
      #expect(paragraphs[1].split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(explained)")
      #expect(explained.contains("\n# inject \(name) "), "\(explained)")
      #expect(explained.contains("\ntarget: one, minority, "), "\(explained)")
      #expect(explained.contains("\nundo() {\n") && explained.contains("\nclaim() {\n"))
      let commands = explained.firstRange(of: "\n# inject ").map { explained[$0.lowerBound...] }
      let syntax = try await program(["sh", "-n"], input: String(commands ?? ""))
      #expect(syntax.status == 0, "\(name): \(syntax.errors)")
    }
    let rules = try await run(["faults", "clients-cut"]).output
    #expect(rules.contains("tcp dport") && rules.contains("-j DROP"), "\(rules)")
  }

  @Test func aFaultsExplanationLeavesNothingToGuess() async throws {
    for (name, texts) in [
      ("kill", ["\nrest_services() (\n", "\nwake_services() (\n", "( : the command 'start'\n"]),
      (
        "bit-flip",
        ["needs on a node:\n  # where the target runs\n  [ -n \"$(cd \"$data\" && find "]
      ),
      ("partition", ["needs on a node with packets = reset:\n", "  RULES\n"]),
      ("loss", ["numgen", "from 1 to 100; by default 30\n", "cuts them off"]),
      ("flapping", ["from 200ms to 5000ms; by default 2000ms\n"]),
      ("custom", ["\ninject: puts it in force; must be given\n", "( : the command 'inject'\n"]),
      (
        "shutdown",
        [
          "sees node and ip; none by default\n", "\n{ poweroff; }", "\n: the command 'on'\n",
          "on the control machine, for n1, where the command 'off' is given\n",
        ]
      ),
    ] {
      let explained = try await run(["faults", name]).output
      for text in texts { #expect(explained.contains(text), "no \(text) in \(explained)") }
      #expect(!explained.contains("join_cluster"))
    }
  }

  @Test func aDryRunPrintsEveryScriptForEveryNodeAndTouchesNone() async throws {
    var workload = ShortWorkload(faults: "7s")
    workload.lanes = ["partition", "kill", "pause", "disk-full"]
      .map { ShortWorkload.lane($0, $0 == "partition" ? "" : "target = \"all\"") }.joined()
    let place = try Place(workload)
    let secret = try place.scratch.write("open sesame\n", to: "secret")
    let key = try place.scratch.write("private bits\n", to: "key")
    // Nobody has these addresses (RFC 5737): a connection would not come back in time.
    let nodes = "n1=192.0.2.1,n2=ann@192.0.2.2:2222,n3=[2001:db8::3]:22"
    let ended = try await place.run(
      [
        "--dry-run", "--nodes", nodes, "--ssh-key", key, "--sudo-password-file", secret,
        "--ssh-key-passphrase-file", secret, "--ssh-password-file", secret,
      ])
    #expect(ended.status == 0, "\(ended.text)")
    for text in ["open sesame", "private bits"] { #expect(!ended.text.contains(text)) }
    #expect(names(in: place.scratch.path) == ["key", "secret", "w.toml"], "something was stored")
    for node in ["n1 (root@192.0.2.1:22)", "n2 (ann@192.0.2.2:2222)", "n3 (root@2001:db8::3:22)"] {
      for step in [
        "look at the node", "heal what an earlier run left", "start etcd", "inject partition",
        "inject kill", "see the effect of pause", "heal disk-full", "see the end of kill",
        "heal everything", "remove /run/faultline",
      ] {
        let lines = ended.output.split(separator: "\n").filter {
          $0.hasPrefix("# \(node)") && $0.contains(step)
        }
        #expect(!lines.isEmpty, "no '\(step)' for \(node)")
      }
    }
    // What is printed is a script that a shell accepts.
    let syntax = try await program(["sh", "-n"], input: ended.output)
    #expect(syntax.status == 0, "\(syntax.errors)")
  }

  @Test func aScheduleThatNoRunCanHaveWrittenIsRefused() async throws {
    let place = try Place(ShortWorkload())
    func line(_ settings: String, _ name: String = "loss") -> String {
      "{\"at\":0,\"fault\":1,\"for\":1000000000,\"lane\":0,\"name\":\"\(name)\",\"settings\":{\(settings)},"
        + "\"targets\":[\"n1\"],\"unheard\":{\"n1\":[\"n2\",\"n3\"]}}\n"
    }
    let good = "\"draw\":7,\"percent\":100,\"shape\":\"one\""
    for (settings, name, message) in [
      (good, "loss", nil), ("", "loss", nil),
      (
        "\"percent\":9999", "loss",
        "'percent' is 9999, and must be: how many of a hundred are lost, from 1 to 100"
      ),
      ("\"percent\":0", "loss", "from 1 to 100"), ("\"percent\":\"1\"", "loss", "from 1 to 100"),
      ("\"percents\":5", "loss", "the fault loss has no parameter 'percents', but: shape, percent"),
      ("\"shape\":\"round\"", "loss", "must be: who no longer hears whom: targets, one"),
      ("\"shape\":[\"one\"]", "loss", "'shape' is"), ("\"draw\":-1", "loss", "'draw' must be"),
      ("\"period\":199", "flapping", "from 200ms to 5000ms"), ("", "custom", "'inject' is missing"),
    ] {
      let file = try place.scratch.write(line(good) + line(settings, name), to: "faults.jsonl")
      let ended = try await place.run(["--lab", "3", "--dry-run", "--replay-faults", file])
      #expect(ended.status == (message == nil ? 0 : 65), "\(settings): \(ended.errors)")
      guard let message else { continue }
      #expect(ended.errors.hasPrefix("\(file):2: error: "), "\(ended.errors)")
      #expect(ended.errors.contains(message), "\(settings): \(ended.errors)")
    }
  }

  @Test func aDryRunOfAScheduleHasItsFaultsAndNotTheLanes() async throws {
    let place = try Place(ShortWorkload(lanes: ShortWorkload.lane("pause")))
    let schedule = ["n3", "n2"].enumerated().map { number, node in
      "{\"at\":\(number + 1)500000000,\"fault\":\(number + 1),\"for\":1,\"lane\":0,\"name\":\"kill\","
        + "\"settings\":{},\"targets\":[\"\(node)\"]}\n"
    }.joined()
    let file = try place.scratch.write(schedule, to: "faults.jsonl")
    let ended = try await place.run(["--lab", "3", "--dry-run", "--replay-faults", file])
    #expect(ended.status == 0, "\(ended.errors)")
    let faults = ended.output.split(separator: "\n").filter { $0.contains(": inject ") }
    #expect(
      faults.map { String($0.split(separator: ": ", maxSplits: 1)[1]) } == [
        "1.5s after the faults begin: kill of n3: inject kill 1",
        "2.5s after the faults begin: kill of n2: inject kill 2",
      ])
    #expect(!ended.output.contains("pause of"))
  }

  @Test func aDryRunOfOneFaultHasItsScriptsAndConnectsToNone() async throws {
    let scratch = try Scratch()
    let key = try scratch.write("", to: "key")
    // Nobody has these addresses (RFC 5737): a connection would not come back in time.
    let command =
      ["nemesis", "inject", "partition", "--dry-run", "--set", "shape=one", "--nodes"]
      + ["n1=192.0.2.1,n2=192.0.2.2,n3=192.0.2.3", "--ssh-key", key, "--audit", "/dev/full"]
    let ended = try await run(command + ["--target", "n2", "--seed", "3"])
    #expect(ended.status == 0 && ended.errors.isEmpty, "\(ended.errors)")
    let heads = ended.output.split(separator: "\n").filter { $0.hasPrefix("# ") }
    #expect(heads.first == "# partition (one) of n2, as --seed 3 draws it")
    for node in ["n1 (root@192.0.2.1:22)", "n2 (root@192.0.2.2:22)", "n3 (root@192.0.2.3:22)"] {
      for step in [
        "prepare the node: take the lease", "inject partition", "see the effect of partition",
        "heal partition", "see the end of partition", "leave the node: give up the lease",
      ] {
        #expect(heads.contains { $0.hasPrefix("# \(node)") && $0.contains(step) }, "\(step)")
      }
    }
    let syntax = try await program(["sh", "-n"], input: ended.output)
    #expect(syntax.status == 0, "\(syntax.errors)")
    let drawn = try await run(command)
    #expect(drawn.output.contains(", as --seed "), "\(drawn.text)")
    let leader = try await run(command + ["--target", "leader"])
    #expect(leader.status == 64, "\(leader.text)")
  }

  @Test func oneSeedGivesOneDryRun() async throws {
    var workload = ShortWorkload()
    workload.lanes = ShortWorkload.lane("kill")
    let place = try Place(workload)
    let flags = ["--dry-run", "--lab", "5", "--seed"]
    let first = try await place.run(flags + ["7"])
    let second = try await place.run(flags + ["7"])
    #expect(first.status == 0 && first.output == second.output)
    var different = false
    for seed in 8..<20 {
      different = try await place.run(flags + ["\(seed)"]).output != first.output || different
    }
    #expect(different)
  }

  /// The system's configuration alone knows the alias; seen by one process, under a mount of its own.
  @Test(.enabled(if: isRoot, "\(needsRoot)"))
  func theSystemsConfigurationOfSSHKnowsNodes() async throws {
    let place = try Place(ShortWorkload())
    let config = try place.scratch.write(
      "Host faultline-alias\n  HostName 192.0.2.7\n  Port 2222\n", to: "config")
    let key = try place.scratch.write("", to: "key")
    let command = place.command([
      "--dry-run", "--nodes", "faultline-alias,192.0.2.8,n3=192.0.2.9", "--ssh-key", key,
    ])
    let mounted = "mount --bind \(config) /etc/ssh/ssh_config && exec \"$@\""
    let home = ["HOME": place.scratch.path]
    let ended = try await program(
      ["unshare", "--mount", "sh", "-c", mounted, "sh"] + command, environment: home)
    #expect(ended.status == 0, "\(ended.errors)")
    for node in ["faultline-alias (root@192.0.2.7:2222)", "192.0.2.8 (root@192.0.2.8:22)"] {
      #expect(ended.output.contains("# \(node)"), "\(node)")
    }
    // Where there is no ssh, there is nothing to ask.
    let without = try await program(command, environment: ["PATH": "/nowhere"])
    #expect(
      without.status == 0 && without.output.contains("# faultline-alias (root@faultline-alias:22)"))
  }

  @Test func nodesComeFromAFileOrTheEnvironment() async throws {
    let place = try Place(ShortWorkload())
    let key = try place.scratch.write("", to: "key")
    let file = try place.scratch.write(
      "# three\r\nn1=192.0.2.1\r\n\r\nn2=192.0.2.2 # two\r\nn3=192.0.2.3\r\n", to: "nodes")
    let flags = ["--dry-run", "--ssh-key", key, "--seed", "1"]
    let fromFile = try await place.run(flags + ["--nodes-file", file])
    #expect(fromFile.status == 0, "\(fromFile.text)")
    let list = ["FAULTLINE_NODES": "n1=192.0.2.1, n2=192.0.2.2,n3=192.0.2.3"]
    let fromEnvironment = try await place.run(flags, environment: list)
    #expect(fromEnvironment.output == fromFile.output)
  }
}
