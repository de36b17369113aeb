import Cluster
import Glibc
import Lab
import RemoteShell
import Reports

/// Takes a command into a lab's network, from where alone the lab's nodes are reached.
///
/// A process enters by executing itself again with the same arguments, so that all of its threads are
/// inside. A lab that `run --lab 5` has made for itself is named in the environment of that second
/// self.
enum LabNetwork {
  private static let ownLabVariable = "FAULTLINE_OWN_LAB"

  /// Enters the lab's network; does not return where that needs a new start of the program.
  ///
  /// - Parameter makeOwn: whether a number asks for a lab of that many nodes.
  /// - Returns: the lab that this run has to take down, or nil.
  static func enter(_ lab: String?, makeOwn: Bool) async throws -> OwnLab? {
    guard let lab else { return nil }
    do throws(LabError) {
      let own = environment(ownLabVariable)
      if let own, Int(lab) != nil {
        return OwnLab(lab: try LocalLab.find(own))
      }
      let found: LocalLab
      var variables = inheritedEnvironment()
      if let count = Int(lab) {
        guard makeOwn else {
          throw LabError.noSuchLab(lab, existing: LocalLab.all().map(\.name))
        }
        let spec = LabSpec(name: "run-\(getpid())", nodes: count)
        Output.error("making the lab \(spec.name) with \(count) nodes")
        found = try await LocalLab.up(spec)
        variables[ownLabVariable] = found.name
      } else {
        found = try LocalLab.find(lab)
        if found.isInside { return nil }
      }
      try found.reexecuteInside(arguments: CommandLine.arguments, environment: variables)
    } catch {
      throw Failure(error)
    }
  }

  /// The nodes of a lab, which has been entered.
  static func nodes(ofLab lab: String) throws -> ResolvedNodes {
    do throws(LabError) {
      let lab = try LocalLab.find(name(lab))
      return ResolvedNodes(
        nodes: lab.nodes.map { Node(name: $0.name, host: $0.ip) },
        credentials: Credentials([.keyFile(path: lab.sshKeyPath, passphrase: nil)]),
        hostKeys: .strict([lab.knownHostsPath]), areNamed: true)
    } catch {
      throw Failure(error)
    }
  }

  /// For a dry run: the nodes that a lab of its own would have; nil where none is asked for.
  static func plannedNodes(_ lab: String?) -> [Node]? {
    guard let lab, let count = Int(lab), count > 0 else { return nil }
    return (1...min(count, 200)).map { Node(name: "n\($0)", host: "10.77.0.\($0 + 10)") }
  }

  /// The lab's name, also where `--lab` gave a number.
  static func name(_ lab: String) -> String {
    Int(lab) == nil ? lab : environment(ownLabVariable) ?? lab
  }

  private static func inheritedEnvironment() -> [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let pair = String(cString: text).split(separator: "=", maxSplits: 1)
      if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
      entry += 1
    }
    return variables
  }
}

/// A lab that a run has made for itself.
struct OwnLab {
  fileprivate var lab: LocalLab

  /// Takes the lab down, or says how to.
  func leave(keep: Bool) async {
    if keep {
      Output.error(
        "the lab is kept: faultline lab exec --name \(lab.name) n1 -- sh; "
          + "faultline lab down --name \(lab.name)")
      return
    }
    do throws(LabError) {
      try await lab.down()
    } catch {
      Failure(error).print()
    }
  }
}

extension Failure {
  init(_ error: LabError) {
    switch error {
    case .noSuchLab: self.init(.noInput, "\(error)")
    case .invalidName, .invalidSpec: self.init(.usage, "\(error)")
    default: self.init(.harnessFailure, "\(error)")
    }
  }
}
