/// With what a control master is started.
struct OpenSSHLogin {
  /// What its environment has beside ours.
  let variables: [String: String]
  private let settings: Connection.Settings
  private let ssh: OpenSSH

  /// Puts the program that answers for passwords into the folder, where there are any.
  init(
    _ settings: Connection.Settings, _ ssh: OpenSSH, _ folder: PrivateFolder
  ) throws(SystemError) {
    self.settings = settings
    self.ssh = ssh
    var variables: [String: String] = [:]
    for method in settings.credentials.methods {
      switch method {
      case .keyFile(_, let passphrase?): variables["FAULTLINE_PASSPHRASE"] = passphrase.value
      case .password(let password): variables["FAULTLINE_PASSWORD"] = password.value
      default: break
      }
    }
    if !variables.isEmpty {
      try folder.write(Self.askpass, to: "askpass", mode: 0o700)
      variables["FAULTLINE_ASKER"] = ssh.asker
      variables["SSH_ASKPASS"] = "\(folder.path)/askpass"
      variables["SSH_ASKPASS_REQUIRE"] = "force"
      // Before OpenSSH 8.4 this decides.
      variables["DISPLAY"] = ":0"
    }
    self.variables = variables
  }

  /// Answers what OpenSSH asks for. The secrets are in the environment, which nobody else may
  /// read, and in no file; a jump host that asks for a password gets none.
  private static let askpass = """
    #!/bin/sh
    case $1 in
      *passphrase*) [ -z "${FAULTLINE_PASSPHRASE+x}" ] || { printf '%s\\n' "$FAULTLINE_PASSPHRASE"; exit; } ;;
      *"$FAULTLINE_ASKER"*) [ -z "${FAULTLINE_PASSWORD+x}" ] || { printf '%s\\n' "$FAULTLINE_PASSWORD"; exit; } ;;
      *@*) ;;
      *assword*) [ -z "${FAULTLINE_PASSWORD+x}" ] || { printf '%s\\n' "$FAULTLINE_PASSWORD"; exit; } ;;
    esac
    exit 1

    """

  /// The command line: `ssh` goes to the background once it has logged in and listens.
  func arguments(socket: String) -> [String] {
    let timeouts = settings.timeouts
    var options = [
      "ControlMaster=yes", "ControlPath=\(Self.literal(socket))", "ControlPersist=60",
      "ClearAllForwardings=yes", "RemoteCommand=none", "PermitLocalCommand=no",
      "LogLevel=ERROR", "NumberOfPasswordPrompts=1",
      "ConnectTimeout=\(max(1, timeouts.connect.components.seconds))",
      "ServerAliveInterval=\(max(1, timeouts.keepalive.components.seconds))",
      "ServerAliveCountMax=3",
    ]
    options += hostKeyOptions
    var files: [String] = []
    for method in settings.credentials.methods {
      switch method {
      case .keyFile(let path, _):
        files += ["-i", path]
        options.append("IdentitiesOnly=yes")
      case .agent(let socket?): options.append("IdentityAgent=\(Self.literal(socket))")
      case .agent(nil), .password: break
      }
    }
    return ["ssh", "-f", "-N", "-T"] + options.flatMap { ["-o", $0] } + files + ssh.arguments
  }

  /// Nobody is there to ask. What the configuration says about host keys holds where our own
  /// options say nothing.
  private var hostKeyOptions: [String] {
    let policy = settings.hostKeys
    if policy == .strict { return ssh.asksAboutHostKeys ? ["StrictHostKeyChecking=yes"] : [] }
    let files = policy.files.map { "\"\(Self.literal($0))\"" }.joined(separator: " ")
    return [
      "StrictHostKeyChecking=\(policy.additions == nil ? "yes" : "accept-new")",
      "UserKnownHostsFile=\(files)", "GlobalKnownHostsFile=/dev/null",
    ]
  }

  /// A path in which OpenSSH replaces nothing.
  static func literal(_ path: String) -> String { path.replacing("%", with: "%%") }
}
