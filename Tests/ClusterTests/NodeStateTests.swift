import RemoteShell
import TestSupport
import Testing

@testable import Cluster

/// The pure parts of what is done on nodes; the rest is proven on real ones.
struct NodeStateTests {
  private let nodes = (1...3).map { Node(name: "n\($0)", host: "10.0.0.\($0)") }

  private func target(_ start: String) -> Target {
    var target = Target.none
    target.name = "it's"
    target.data = "/da ta/$(id)"
    target.start = start
    return target
  }

  @Test func aTargetsVariablesReachItsCommandsUnharmed() async throws {
    let body = target("").script(
      "see",
      "printf '%s|' \"$node\" \"$ip\" \"$index\" \"$nodes\" \"$members\" \"$peers\" \"$data\"",
      on: nodes[1], among: nodes
    ).body
    let ended = try await program(["sh", "-c", body])
    #expect(
      ended.output
        == "n2|10.0.0.2|2|n1 n2 n3|n1=10.0.0.1 n2=10.0.0.2 n3=10.0.0.3|"
        + "n1=10.0.0.1 n3=10.0.0.3|/da ta/$(id)|", "\(ended.text)")
  }

  @Test func everyScriptIsOneThatAShellAccepts() async throws {
    let target = target("echo 'a' \"b\"\n")
    let scripts =
      Lifecycle.setUpScripts(target, on: nodes[0], among: nodes)
      + Lifecycle.tearDownScripts(target, on: nodes[0], among: nodes)
      + [
        NodeState.heal, NodeState.leftovers, Reachability.script(from: nodes[0], to: nodes),
        NodeFacts.script(
          target, on: nodes[0], among: nodes, needs: [.ownVolume, .command("sh", package: "x")]),
        NodeLease(owner: "it's", lasting: .seconds(3)).acquire,
        NodeLease(owner: "it's", lasting: .seconds(3)).renew,
        NodeLease(owner: "it's", lasting: .seconds(3)).release, NodeState.forget,
        NodeState.revive,
      ]
    for script in scripts {
      let ended = try await program(["sh", "-n"], input: script.body)
      #expect(ended.status == 0, "\(script.purpose): \(ended.errors)")
    }
  }

  @Test func thoseFunctionsAreShownThatScriptsCall() throws {
    let target = target("start")
    let text = NodeState.functions + target.functions(on: nodes[0], among: nodes)
    let library = NodeLibrary(target, on: nodes[0], among: nodes)
    func functions(_ text: String) -> Set<String> {
      Set(text.matches(of: #/(?m)^([a-z_]+)\(\) /#).map { String($0.1) })
    }
    #expect(library.called(by: Array(functions(text))) == text)
    let variables = library.called(by: ["echo undo; ls faults"])
    #expect(functions(variables) == ["process"])
    #expect(variables.contains("\nstate=/run/faultline ") && variables.contains("\nnode=n1\n"))
    #expect(
      functions(library.called(by: ["[ -n x ] && ! pids=$(need_target)"]))
        == ["process", "need_target", "target_pids"])
    #expect(
      functions(library.called(by: ["if wake_services; then trap persist EXIT; fi"]))
        == ["process", "wake_services", "persist"])
    #expect(
      functions(library.called(by: ["undo \"$fault\"\n"])).isSuperset(of: [
        "undo", "claim", "alive", "end_background", "end_process", "limited",
      ]))
  }

  /// One whose process shows a little after its start command has returned.
  @Test func aTargetIsNotStartedASecondTimeBeforeItShows() async throws {
    let scratch = try Scratch()
    var slow = target(
      "echo >> \(scratch.path)/starts; { sleep 0.7; echo 1 > \(scratch.path)/pid; } &")
    slow.pid = "cat \(scratch.path)/pid"
    let script = NodeState.functions + slow.functions(on: nodes[0], among: nodes)
    let ended = try await program(["sh"], input: script + "start_target; ensure_running\n")
    #expect(ended.status == 0, "\(ended.text)")
    #expect(scratch.read("starts") == "\n")
  }

  @Test func factsAreReadLineByLine() {
    let facts = NodeFacts(
      node: nodes[0], controlAddress: nil,
      output:
        "unmet=no ip\nunmet=no sed\nallows=yes\naddress=fd00::1\nfree=12\nmount=/a=b\ninstalled=yes\n"
        + "leftover=1-kill\nnonsense\n=\n")
    #expect(facts.unmet == ["no ip", "no sed"] && facts.allows)
    #expect(facts.addresses == ["fd00::1", "10.0.0.1"])
    #expect(facts.dataFree == 12 && facts.dataMount == "/a=b" && facts.installed)
    #expect(facts.leftovers == ["1-kill"])
  }

  @Test(arguments: [
    (Duration.milliseconds(250), "250ms"), (.seconds(30), "30s"), (.milliseconds(2500), "2.5s"),
    (.seconds(180), "3m"), (.seconds(61), "61s"), (.zero, "0ms"),
  ])
  func durationsAreShownAsPeopleWriteThem(_ duration: Duration, _ text: String) {
    #expect(duration.shown == text)
  }

  @Test func aMachineThatIsOffIsToldFromOneThatAnswers() {
    let says = [
      "ssh: connect to host 10.0.0.2 port 22: No route to host": true,
      "ssh: connect to host 10.0.0.2 port 22: Connection timed out": true,
      "channel 0: open failed: connect failed: No route to host\nstdio forwarding failed": true,
      "ssh: connect to host 10.0.0.2 port 22: Connection refused": false,
      "Connection timed out during banner exchange\nConnection to 10.0.0.2 port 22 timed out":
        false,
      "n2: Permission denied (publickey).": false,
    ]
    for (said, isOff) in says {
      #expect(ShellError.Reason.openSSH(said).isSilence == isOff, "\(said)")
    }
  }
}
