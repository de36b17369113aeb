public import RemoteShell
import Synchronization

/// The nodes of a run, each with its shell, and the target that runs on them.
public struct ClusterUnderTest: Sendable {
  /// The nodes, in the order given.
  public let nodes: [Node]
  /// The system under test.
  public let target: Target
  private let shells: [String: RemoteShell]
  let audit: @Sendable (CommandRecord) -> Void
  let counter = Counter()

  /// Makes a cluster; connections are opened when first needed.
  ///
  /// - Parameter audit: told of every command before it is sent and after it has ended.
  public init(
    nodes: [Node], target: Target, audit: @escaping @Sendable (CommandRecord) -> Void = { _ in },
    shell: (Node) -> RemoteShell
  ) {
    self.nodes = nodes
    self.target = target
    self.audit = audit
    shells = Dictionary(uniqueKeysWithValues: nodes.map { ($0.name, shell($0)) })
  }

  /// The shell of a node of this cluster.
  func shell(of node: Node) -> RemoteShell {
    guard let shell = shells[node.name] else {
      preconditionFailure("\(node.name) is not a node of this cluster")
    }
    return shell
  }

  /// Runs a script as root and gives its output whatever its exit status.
  public func run(
    _ script: NodeScript, on node: Node, privileged: Bool = true
  ) async throws(ClusterError) -> ScriptOutput {
    var command = Command.script(
      script.body, timeout: script.timeout, privileged: privileged)
    command.urgent = script.isUrgent
    command.outputLimit = 64 << 10
    do throws(ShellError) {
      return ScriptOutput(try await run(command, of: script, on: node))
    } catch {
      throw ClusterError(
        node: node.name, step: script.purpose, reason: "\(error.reason)",
        isSilence: error.reason.isSilence, mayRunStill: error.mayHaveRun)
    }
  }

  /// Runs the command that a script has become, and tells the audit of it.
  func run(
    _ command: Command, of script: NodeScript, on node: Node
  ) async throws(ShellError) -> CommandResult {
    var record = CommandRecord(
      number: counter.next(), node: node.name, script: script, event: .sent)
    audit(record)
    let start = ContinuousClock.now
    do throws(ShellError) {
      let result = try await shell(of: node).run(command)
      record.event = .ended(result.exit.shown, after: start.duration(to: .now))
      audit(record)
      return result
    } catch {
      record.event = .ended("\(error.reason)", after: start.duration(to: .now))
      audit(record)
      throw error
    }
  }

  /// Runs a script as root; any exit status but 0 is an error that shows the output.
  @discardableResult
  public func succeed(
    _ script: NodeScript, on node: Node
  ) async throws(ClusterError) -> ScriptOutput {
    let output = try await run(script, on: node)
    guard output.succeeded else {
      let shown = output.text.isEmpty ? "it printed nothing" : output.text
      throw ClusterError(
        node: node.name, step: script.purpose,
        reason: "the command ended with \(output.exit.shown):\n\(indented(shown))",
        status: output.exit.status)
    }
    return output
  }

  /// Runs a script of each node at the same time; the errors of those that failed.
  public func succeedInParallel(
    _ nodes: [Node], _ script: @escaping @Sendable (Node) -> NodeScript
  ) async -> [ClusterError] {
    await inParallel(nodes) { node -> ClusterError? in
      do throws(ClusterError) {
        try await succeed(script(node), on: node)
        return nil
      } catch {
        return error
      }
    }.compactMap { $0 }
  }

  /// The nodes that claim to lead, asked all at once; a node that does not answer does not claim.
  public func leaders() async -> [Node] {
    guard let leads = target.leads else { return [] }
    return await nodes(where: leads, "ask for the leader of")
  }

  /// The nodes that say that they have a role of the target's description.
  public func nodes(inRole role: String) async -> [Node] {
    guard let command = target.roles[role] else { return [] }
    return await nodes(where: command, "ask for the role '\(role)' in")
  }

  private func nodes(where command: String, _ purpose: String) async -> [Node] {
    let answers = await inParallel(nodes) { node -> Node? in
      let script = target.script(
        purpose, command, on: node, among: nodes, timeout: .seconds(4))
      let output = try? await run(script, on: node)
      return output?.succeeded == true ? node : nil
    }
    return answers.compactMap { $0 }
  }

  /// Closes every connection.
  public func close() async {
    for shell in shells.values { await shell.close() }
  }
}

/// Numbers the commands of a cluster.
final class Counter: Sendable {
  private let last = Atomic<Int>(0)
  func next() -> Int { last.wrappingAdd(1, ordering: .relaxed).newValue }
}

extension CommandResult.Exit {
  /// The status, where no signal has ended it.
  var status: Int32? { if case .status(let status) = self { status } else { nil } }
  /// `status 0`, `signal KILL`.
  var shown: String {
    switch self {
    case .status(let status): "status \(status)"
    case .signal(let name): "signal \(name)"
    }
  }
}

extension ShellError.Reason {
  /// Whether nothing at all has answered, as where a machine is off.
  var isSilence: Bool {
    switch self {
    case .unreachable, .connectTimeout(_, _, accepted: false): true
    // By what the system's ssh says, of this machine's connection or of a jump host's.
    case .openSSH(let said):
      said.contains("connect")
        && ["No route to host", "Connection timed out", "Host is down"].contains {
          said.contains($0)
        } && !said.contains("banner exchange")
    default: false
    }
  }
}

/// Does something with each of the items at the same time; results in the order of the items.
///
/// All are waited for, also where one fails: what is under way is never abandoned.
public func inParallel<Item: Sendable, Result: Sendable>(
  _ items: [Item], _ body: @escaping @Sendable (Item) async -> Result
) async -> [Result] {
  await withTaskGroup(of: (Int, Result).self) { group in
    for (index, item) in items.enumerated() {
      group.addTask { (index, await body(item)) }
    }
    var results = [Result?](repeating: nil, count: items.count)
    for await (index, result) in group { results[index] = result }
    return results.compactMap { $0 }
  }
}

/// The lines of a text, each behind two spaces.
func indented(_ text: String) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }
    .joined(separator: "\n")
}
