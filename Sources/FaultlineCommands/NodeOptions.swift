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

  @Option(
    help: ArgumentHelp(
      "What logs in: libssh2 (built in), openssh (the system's ssh), or auto. Also FAULTLINE_SSH.",
      discussion: """
        OpenSSH takes everything from its configuration: aliases, ProxyJump, certificates, RSA \
        keys. 'auto' uses it for the nodes of which the configuration says anything: where they \
        are, the account, the keys, the way there.
        """))
  var ssh: SSHProgram?

  @Option(
    help: ArgumentHelp(
      "OpenSSH's configuration, in the place of ~/.ssh/config and the system's.", valueName: "file")
  )
  var sshConfig: String?

  @Option(help: "The user to log in as where a node names none. Also FAULTLINE_SSH_USER.")
  var sshUser: String?

  @Option(help: "The SSH port where a node names none. Also FAULTLINE_SSH_PORT.")
  var sshPort: UInt16?

  @Option(
    help: ArgumentHelp(
      "A private key, ed25519 or ecdsa (any, by OpenSSH). Also FAULTLINE_SSH_KEY.",
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

/// What logs in to nodes.
enum SSHProgram: String, ExpressibleByArgument, CaseIterable {
  case auto, libssh2, openssh
}

extension NodeOptions {
  /// Reads the nodes from the flags, else from the environment.
  ///
  /// A lab's nodes are reachable only from inside its network: see `LabNetwork`.
  func resolve() throws -> ResolvedNodes {
    if let lab { return try LabNetwork.nodes(ofLab: lab) }
    let places = try listed().map(locate)
    guard !places.isEmpty else {
      throw Failure(
        .usage,
        "no nodes: give --nodes, --nodes-file or --lab, for example --nodes n1,n2,n3 or --lab 5")
    }
    if let twice = duplicate(places.map(\.node.name)) {
      throw Failure(.usage, "the node '\(twice)' is named twice")
    }
    let openSSH = places.compactMap { place in place.ssh.map { (place.node.name, $0) } }
    return ResolvedNodes(
      nodes: places.map(\.node),
      credentials: try credentials(needed: openSSH.count < places.count),
      hostKeys: try hostKeys(), openSSH: Dictionary(uniqueKeysWithValues: openSSH),
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

  /// Where a node is, and how OpenSSH reaches it where it is to.
  private func locate(_ text: String) throws -> (node: Node, ssh: OpenSSH?) {
    do {
      let address = try NodeAddress(text)
      let user = address.user ?? sshUser ?? environment("FAULTLINE_SSH_USER")
      let port = address.port ?? sshPort ?? environment("FAULTLINE_SSH_PORT").flatMap { UInt16($0) }
      if let ssh = try openSSH(address.host, user, port) {
        let place = ssh.endpoint(named: address.name)
        return (
          Node(name: place.name, host: place.host, port: place.port, user: place.user), ssh
        )
      }
      return (
        Node(name: address.name, host: address.host, port: port ?? 22, user: user ?? "root"), nil
      )
    } catch let error as NodeSyntaxError {
      throw Failure(.usage, "\(error)")
    } catch let error as ShellError {
      throw Failure(.usage, "\(error); --ssh libssh2 does without OpenSSH and its configuration")
    }
  }

  /// OpenSSH, where it is to log in to the host.
  private func openSSH(_ host: String, _ user: String?, _ port: UInt16?) throws -> OpenSSH? {
    let asked = try ssh ?? environment("FAULTLINE_SSH").map(Self.program) ?? .auto
    if asked == .libssh2 { return nil }
    guard asked == .openssh || sshConfig != nil || hasOpenSSH else { return nil }
    let ssh = try OpenSSH(host, user: user, port: port, configuration: sshConfig)
    return try asked == .openssh || ssh.isConfigured() ? ssh : nil
  }

  /// Whether there is an `ssh`, whose configuration may say something: the user's, or the system's.
  private var hasOpenSSH: Bool {
    (environment("PATH") ?? "").split(separator: ":").contains { access("\($0)/ssh", X_OK) == 0 }
  }

  private static func program(_ name: String) throws -> SSHProgram {
    guard let program = SSHProgram(rawValue: name) else {
      throw Failure(.usage, "FAULTLINE_SSH: '\(name)' is none of auto, libssh2, openssh")
    }
    return program
  }

  private func duplicate(_ names: [String]) -> String? {
    var seen: Set<String> = []
    return names.first { !seen.insert($0).inserted }
  }

  /// - Parameter needed: whether libssh2 is to log in anywhere: OpenSSH finds keys by itself.
  private func credentials(needed: Bool) throws -> Credentials {
    var methods: [Credentials.Method] = []
    if let key = sshKey ?? environment("FAULTLINE_SSH_KEY") {
      methods.append(.keyFile(path: key, passphrase: try secret(sshKeyPassphraseFile)))
    } else if needed {
      if environment("SSH_AUTH_SOCK") != nil { methods.append(.agent()) }
      for name in ["id_ed25519", "id_ecdsa"] {
        let path = "\(environment("HOME") ?? "/root")/.ssh/\(name)"
        if access(path, R_OK) == 0 {
          methods.append(.keyFile(path: path, passphrase: try secret(sshKeyPassphraseFile)))
        }
      }
    }
    if let password = try secret(sshPasswordFile) { methods.append(.password(password)) }
    guard !methods.isEmpty || !needed else {
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

extension NodeOptions {
  /// The flags for another run on such nodes: a lab of its own is made anew.
  var suchNodes: String { lab.map { "--lab \($0)" } ?? sameNodes }

  /// The flags that name the same nodes again; no secret is ever in a flag.
  var sameNodes: String {
    if let lab { return "--lab \(LabNetwork.name(lab))" }
    var words: [String] = []
    if let list = nodes ?? (nodesFile == nil ? environment("FAULTLINE_NODES") : nil) {
      words += ["--nodes", list]
    }
    for (flag, value) in [
      ("--nodes-file", nodesFile), ("--ssh", ssh?.rawValue), ("--ssh-config", sshConfig),
      ("--ssh-user", sshUser), ("--ssh-port", sshPort.map(String.init)), ("--ssh-key", sshKey),
      ("--ssh-key-passphrase-file", sshKeyPassphraseFile),
      ("--ssh-password-file", sshPasswordFile), ("--sudo-password-file", sudoPasswordFile),
      ("--known-hosts", knownHosts),
    ] {
      if let value { words += [flag, value] }
    }
    return words.map(ShellQuote.quote).joined(separator: " ")
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
