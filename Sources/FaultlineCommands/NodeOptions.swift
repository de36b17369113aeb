import ArgumentParser
import Cluster
import Glibc
import Lab
import RemoteShell
import Reports

/// Which nodes, and how to log in to them; shared by every command that talks to nodes.
struct NodeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The nodes: [name=][user@]host[:port], separated by commas.",
      discussion: "Also FAULTLINE_NODES.", valueName: "list"))
  var nodes: String?

  @Option(
    help: ArgumentHelp("A file with one node a line; '#' begins a comment.", valueName: "file"))
  var nodesFile: String?

  @Option(
    help: ArgumentHelp(
      "A local lab: its name, or for 'run' a number of nodes for a lab of its own.",
      valueName: "name|number"))
  var lab: String?

  @Option(help: "The user to log in as where a node names none. Also FAULTLINE_SSH_USER.")
  var sshUser: String?

  @Option(help: "The SSH port where a node names none. Also FAULTLINE_SSH_PORT.")
  var sshPort: UInt16?

  @Option(
    help: ArgumentHelp(
      "A private key, ed25519 or ecdsa. Also FAULTLINE_SSH_KEY.",
      discussion: "Without it: the SSH agent, then ~/.ssh/id_ed25519 and ~/.ssh/id_ecdsa.",
      valueName: "file"))
  var sshKey: String?

  @Option(help: ArgumentHelp("A file with the key's passphrase.", valueName: "file"))
  var sshKeyPassphraseFile: String?

  @Option(help: ArgumentHelp("A file with the login's password.", valueName: "file"))
  var sshPasswordFile: String?

  @Option(
    help: ArgumentHelp(
      "A file with the password that sudo asks for, where the user is not root.", valueName: "file")
  )
  var sudoPasswordFile: String?

  @Option(help: ArgumentHelp("The file of known host keys; ~/.ssh/known_hosts.", valueName: "file"))
  var knownHosts: String?

  @Flag(help: "Accept and remember the keys of hosts that are not known yet; never changed ones.")
  var acceptNewHostKeys = false
}

extension NodeOptions {
  /// Reads the nodes from the flags, else from the environment.
  ///
  /// A lab's nodes are reachable only from inside its network: see `LabNetwork`.
  func resolve() throws -> ResolvedNodes {
    if let lab { return try LabNetwork.nodes(ofLab: lab) }
    let nodes = try parsed(listed())
    guard !nodes.isEmpty else {
      throw Failure(
        .usage,
        "no nodes: give --nodes, --nodes-file or --lab, for example --nodes n1,n2,n3 or --lab 5")
    }
    if let twice = duplicate(nodes.map(\.name)) {
      throw Failure(.usage, "the node '\(twice)' is named twice")
    }
    return ResolvedNodes(
      nodes: nodes, credentials: try credentials(), hostKeys: try hostKeys(),
      areNamed: self.nodes != nil && nodesFile == nil)
  }

  private func listed() throws -> [String] {
    var texts: [Substring] = []
    if let list = nodes ?? (nodesFile == nil ? environment("FAULTLINE_NODES") : nil) {
      texts += list.split(separator: ",")
    }
    if let nodesFile {
      texts += try readText(nodesFile).split(whereSeparator: \.isNewline).map {
        $0.prefix { $0 != "#" }
      }
    }
    return texts.map { trimmed(String($0)) }.filter { !$0.isEmpty }
  }

  private func parsed(_ texts: [String]) throws -> [Node] {
    let user = sshUser ?? environment("FAULTLINE_SSH_USER") ?? "root"
    let port = sshPort ?? environment("FAULTLINE_SSH_PORT").flatMap { UInt16($0) } ?? 22
    return try texts.map { text in
      do throws(NodeSyntaxError) {
        return try Node.parse(text, defaultUser: user, defaultPort: port)
      } catch {
        throw Failure(.usage, "\(error)")
      }
    }
  }

  private func duplicate(_ names: [String]) -> String? {
    var seen: Set<String> = []
    return names.first { !seen.insert($0).inserted }
  }

  private func credentials() throws -> Credentials {
    var methods: [Credentials.Method] = []
    if let key = sshKey ?? environment("FAULTLINE_SSH_KEY") {
      methods.append(.keyFile(path: key, passphrase: try secret(sshKeyPassphraseFile)))
    } else {
      if environment("SSH_AUTH_SOCK") != nil { methods.append(.agent()) }
      for name in ["id_ed25519", "id_ecdsa"] {
        let path = "\(environment("HOME") ?? "/root")/.ssh/\(name)"
        if access(path, R_OK) == 0 {
          methods.append(.keyFile(path: path, passphrase: try secret(sshKeyPassphraseFile)))
        }
      }
    }
    if let password = try secret(sshPasswordFile) { methods.append(.password(password)) }
    guard !methods.isEmpty else {
      throw Failure(
        .usage, "no way to log in: give --ssh-key or --ssh-password-file, or start an SSH agent")
    }
    return Credentials(methods, sudoPassword: try secret(sudoPasswordFile))
  }

  private func hostKeys() throws -> HostKeyPolicy {
    let file = knownHosts ?? "\(environment("HOME") ?? "/root")/.ssh/known_hosts"
    if acceptNewHostKeys { return .acceptNew(writeTo: file) }
    return knownHosts == nil ? .strict : .strict([file])
  }

  private func secret(_ path: String?) throws -> Secret? {
    guard let path else { return nil }
    var text = try readText(path)
    while text.last == "\n" || text.last == "\r\n" { text.removeLast() }
    return Secret(text)
  }
}

/// Reads a small text file that the command line names.
func readText(_ path: String) throws -> String {
  guard let file = fopen(path, "re") else {
    throw Failure(.noInput, "cannot read \(path): \(String(cString: strerror(errno)))")
  }
  defer { fclose(file) }
  var bytes = [UInt8](repeating: 0, count: 1 << 20)
  let count = fread(&bytes, 1, bytes.count, file)
  guard ferror(file) == 0 else { throw Failure(.noInput, "cannot read \(path)") }
  return String(decoding: bytes[..<count], as: UTF8.self)
}
