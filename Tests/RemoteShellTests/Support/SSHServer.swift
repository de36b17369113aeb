import FoundationEssentials
import Glibc
import RemoteShell
import Testing

/// The two ways to log in.
enum Way: CaseIterable {
  case libssh2, openSSH
}

/// A real sshd on the loopback with keys and configuration of its own, whose sessions see nothing
/// of the account's own settings.
struct SSHServer {
  let directory: String
  let port: UInt16
  let pid: pid_t
  let user: String

  /// Runs sshd for as long as the closure runs.
  static func with<T>(
    _ configuration: String = "", _ body: (SSHServer) async throws -> T
  ) async throws -> T {
    try await withScratch { directory in
      let server = try await start(in: directory, configuration)
      do {
        let result = try await body(server)
        server.stop()
        return result
      } catch {
        let log = (try? text(ofFile: directory + "/log")) ?? ""
        print("sshd said:", log.suffix(1500))
        server.stop()
        throw error
      }
    }
  }

  private static func start(
    in directory: String, _ configuration: String
  ) async throws -> SSHServer {
    let user = try await tool("id", ["-un"]).trimmed
    try await keygen(directory + "/host_ed25519", "ed25519")
    try await keygen(directory + "/host_ecdsa", "ecdsa")
    try await keygen(directory + "/key", "ed25519")
    try write(try text(ofFile: directory + "/key.pub"), to: directory + "/authorized_keys")
    if getuid() == 0 { mkdir("/run/sshd", 0o755) }
    // The port found free may be taken before sshd has it, so there are several attempts.
    for _ in 0..<5 {
      let port = try SilentSocket().port
      let file = directory + "/sshd_config"
      try write(
        """
        \(configuration)
        ListenAddress 127.0.0.1:\(port)
        HostKey \(directory)/host_ed25519
        HostKey \(directory)/host_ecdsa
        PidFile \(directory)/pid
        AuthorizedKeysFile \(directory)/authorized_keys
        StrictModes no
        UsePAM no
        PermitRootLogin yes
        SetEnv HOME=\(directory) PATH=/bin
        KbdInteractiveAuthentication no

        """, to: file)
      do {
        // sshd wants to be called by its whole path, which only a shell passes on as it is.
        try await tool("sh", ["-c", "exec /usr/sbin/sshd -f \(file) -E \(directory)/log"])
      } catch {
        continue
      }
      for _ in 0..<200 {
        if let pid = (try? text(ofFile: directory + "/pid")).flatMap({ pid_t($0.trimmed) }) {
          return SSHServer(directory: directory, port: port, pid: pid, user: user)
        }
        try await Task.sleep(for: .milliseconds(10))
      }
    }
    throw ToolFailure(text: "sshd does not start: \((try? text(ofFile: directory + "/log")) ?? "")")
  }

  /// Kills sshd, its connections, and what they started: programs outlive their connection, but
  /// the home that sshd gave them tells whose they are.
  private func stop() {
    for process in [pid] + descendants(of: pid) { kill(process, SIGKILL) }
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    for process in entries.compactMap({ pid_t($0) }) {
      let environment = (try? text(ofFile: "/proc/\(process)/environ")) ?? ""
      if environment.split(separator: "\0").contains("HOME=\(directory)") {
        kill(process, SIGKILL)
      }
    }
  }

  /// The processes that serve connections.
  var workers: [pid_t] { descendants(of: pid) }

  func signalWorkers(_ signal: Int32) {
    for process in workers { kill(process, signal) }
  }

  /// The lines of known_hosts for this server.
  func knownHosts(_ types: [String] = ["ed25519"]) throws -> String {
    try types.map { "[127.0.0.1]:\(port) " + (try text(ofFile: "\(directory)/host_\($0).pub")) }
      .joined()
  }

  /// A shell for this server.
  func shell(
    by way: Way = .libssh2, user: String? = nil, _ methods: [Credentials.Method]? = nil,
    sudoPassword: Secret? = nil, hostKeys: HostKeyPolicy? = nil, timeouts: Timeouts = Timeouts()
  ) throws -> RemoteShell {
    let file = directory + "/known_hosts"
    if hostKeys == nil { try write(try knownHosts(), to: file) }
    let user = user ?? self.user
    return RemoteShell(
      Endpoint(name: "n1", host: "127.0.0.1", port: port, user: user),
      credentials: Credentials(
        methods ?? [.keyFile(path: directory + "/key")], sudoPassword: sudoPassword),
      hostKeys: hostKeys ?? .strict([file]), timeouts: timeouts,
      through: way == .openSSH ? try openSSH(user: user) : nil)
  }

  /// How OpenSSH reaches this server, by an alias.
  func openSSH(_ options: String = "", user: String? = nil) throws -> OpenSSH {
    let file = directory + "/ssh_config"
    try write("Host alias\n HostName 127.0.0.1\n Port \(port)\n\(options)\n", to: file)
    return try OpenSSH("alias", user: user, configuration: file)
  }
}

/// Makes a key pair.
func keygen(
  _ path: String, _ type: String, passphrase: String = "", _ more: [String] = []
) async throws {
  try await tool(
    "ssh-keygen", ["-q", "-t", type, "-f", path, "-N", passphrase, "-C", "test"] + more)
}

/// An account of this machine with a home of nobody's and a password, which sudo asks for.
func withAccount(_ body: (String, Secret) async throws -> Void) async throws {
  let user = "faultline-t\(getpid())"
  let password = "it's $ecret"
  try await tool("useradd", ["-M", "-d", "/", "-s", "/bin/sh", user])
  try write("\(user) ALL=(ALL:ALL) ALL\n", to: "/etc/sudoers.d/\(user)")
  chmod("/etc/sudoers.d/\(user)", 0o440)
  var failure: (any Error)?
  do {
    try await tool("chpasswd", [], input: "\(user):\(password)\n")
    try await body(user, Secret(password))
  } catch {
    failure = error
  }
  unlink("/etc/sudoers.d/\(user)")
  try await tool("userdel", [user])
  if let failure { throw failure }
}

/// Runs the closure with a server and a shell for it, and closes both.
func withShell(
  by way: Way = .libssh2, _ configuration: String = "", timeouts: Timeouts = Timeouts(),
  _ body: (RemoteShell, SSHServer) async throws -> Void
) async throws {
  try await SSHServer.with(configuration) { server in
    let shell = try server.shell(by: way, timeouts: timeouts)
    do { try await body(shell, server) } catch {
      await shell.close()
      throw error
    }
    await shell.close()
  }
}

/// The error that a command ends with, and how long that took.
func failure(
  of shell: RemoteShell, _ command: Command = Command(["true"]),
  sourceLocation: SourceLocation = #_sourceLocation
) async throws -> (error: ShellError, time: Duration) {
  let start = ContinuousClock.now
  let result: CommandResult
  do {
    result = try await shell.run(command)
  } catch {
    return (error, .now - start)
  }
  Issue.record("\(command) succeeded: \(result)", sourceLocation: sourceLocation)
  throw ShellFailureMissing()
}

struct ShellFailureMissing: Error {}

extension String {
  var trimmed: String {
    String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }
}
