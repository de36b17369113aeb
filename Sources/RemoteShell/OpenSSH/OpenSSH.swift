internal import Glibc

/// How the system's OpenSSH reaches a node: by whatever its configuration says of a destination.
public struct OpenSSH: Sendable, Hashable {
  /// What `ssh` is called with: a host, or an alias of the configuration.
  public let destination: String
  /// The configuration file; the user's and the system's where nil.
  public let configuration: String?
  /// The account that was asked for; the configuration's where nil.
  let user: String?
  /// The port that was asked for; the configuration's where nil.
  let port: UInt16?
  /// What the configuration makes of it: the keys of `ssh -G`.
  private let settings: [String: [String]]

  /// Asks `ssh` what its configuration says of the destination.
  ///
  /// - Parameters:
  ///   - user: the account; the configuration's where nil.
  ///   - port: the port; the configuration's where nil.
  /// - Throws: what `ssh` says of its configuration, or that there is no `ssh`.
  public init(
    _ destination: String, user: String? = nil, port: UInt16? = nil, configuration: String? = nil
  ) throws(ShellError) {
    self.destination = destination
    self.configuration = configuration
    self.user = user
    self.port = port
    settings = try Self.settings(destination, user, port, configuration)
  }

  private static func settings(
    _ destination: String, _ user: String?, _ port: UInt16?, _ configuration: String?
  ) throws(ShellError) -> [String: [String]] {
    let which = arguments(destination, user, port, configuration)
    let answer = try ask(["ssh", "-G"] + which, node: destination)
    let lines = String(decoding: answer, as: UTF8.self).split(separator: "\n")
    let pairs = lines.map { $0.split(separator: " ", maxSplits: 1) }.filter { $0.count == 2 }
    return Dictionary(grouping: pairs) { String($0[0]) }.mapValues { $0.map { String($0[1]) } }
  }

  /// Where the node is, whichever way leads there, and the account.
  public func endpoint(named name: String) -> Endpoint {
    Endpoint(
      name: name, host: setting("hostname") ?? destination,
      port: setting("port").flatMap { UInt16($0) } ?? 22, user: setting("user") ?? "root")
  }

  /// Whether the configuration says anything of how to log in to the destination: where it is, the
  /// account, the keys, the way there.
  public func isConfigured() throws(ShellError) -> Bool {
    let plain = try Self.settings(destination, user, port, "none")
    return [
      "hostname", "user", "port", "proxyjump", "proxycommand", "identityfile", "certificatefile",
      "identityagent", "hostkeyalias", "userknownhostsfile",
    ].contains { settings[$0] != plain[$0] }
  }

  /// Whether the node is reached through a jump host or a program.
  var isProxied: Bool {
    ["proxyjump", "proxycommand"].contains { (setting($0) ?? "none") != "none" }
  }

  private func setting(_ name: String) -> String? { settings[name]?.first }

  /// Whether a key that is not known would be asked about.
  var asksAboutHostKeys: Bool { (setting("stricthostkeychecking") ?? "ask") == "ask" }

  /// Who asks for a password: `user@host`, as prompts have it.
  var asker: String {
    let host = setting("hostkeyalias") ?? setting("hostname") ?? destination
    return "\(setting("user") ?? "")@\(host)"
  }

  /// The arguments that say which node is meant.
  var arguments: [String] { Self.arguments(destination, user, port, configuration) }

  private static func arguments(
    _ destination: String, _ user: String?, _ port: UInt16?, _ configuration: String?
  ) -> [String] {
    (configuration.map { ["-F", $0] } ?? []) + (user.map { ["-l", $0] } ?? [])
      + (port.map { ["-p", "\($0)"] } ?? []) + ["--", destination]
  }
}

/// What a program prints that asks nobody and waits for nothing.
private func ask(_ arguments: [String], node: String) throws(ShellError) -> [UInt8] {
  let child: ChildProcess
  do { child = try ChildProcess(arguments) } catch {
    throw ShellError(node, .openSSH("ssh cannot be started: \(error.text)"))
  }
  var output = BoundedOutput(limit: 256 << 10)
  var errors = BoundedOutput(limit: 4 << 10)
  var nothing: ArraySlice<UInt8> = []
  child.feed(&nothing)
  let deadline = ContinuousClock.now + .seconds(10)
  while true {
    if child.output < 0, child.errors < 0, let status = child.status() {
      guard status == 0 else { throw ShellError(node, .openSSH(printable(tail: errors.bytes))) }
      return output.bytes
    }
    guard ContinuousClock.now < deadline else {
      throw ShellError(node, .openSSH("\(arguments.joined(separator: " ")) does not end"))
    }
    var polled = [child.output, child.errors].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    _ = poll(&polled, 2, child.output < 0 && child.errors < 0 ? 2 : 1000)
    child.drainOutput { output.append($0) }
    child.drainErrors { errors.append($0) }
  }
}
