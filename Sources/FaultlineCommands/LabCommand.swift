import ArgumentParser
import Glibc
import Lab
import Reports

struct LabCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lab", abstract: "Real nodes on this machine, as root.",
    discussion: """
      A node is a set of namespaces with its own network, firewall, processes, sshd and a disk of \
      limited size at /data; it sees the programs that are installed here. A lab has no uplink: \
      nothing that happens in it can leave this machine, and nothing of it is left after 'down'.
      """,
    subcommands: [
      LabUp.self, LabStatusCommand.self, LabExec.self, LabReboot.self, LabSSHConfig.self,
      LabDown.self, LabProxy.self,
    ])
}

struct LabName: ParsableArguments {
  @Option(help: "The lab's name; several labs can be up at the same time.")
  var name = "default"

  func find() throws -> LocalLab {
    do throws(LabError) {
      return try LocalLab.find(name)
    } catch {
      throw Failure(error)
    }
  }
}

struct LabUp: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "up", abstract: "Make a lab.")

  @OptionGroup var name: LabName

  @Option(help: "How many nodes.")
  var nodes = 5

  @Option(
    help: ArgumentHelp("The size of each node's disk.", valueName: "size"),
    transform: ArgumentText.size)
  var disk = 256 << 20

  func run() async throws {
    let lab: LocalLab
    do throws(LabError) {
      lab = try await LocalLab.up(
        LabSpec(name: name.name, nodes: nodes, diskBytes: Int64(disk)))
    } catch {
      throw Failure(error)
    }
    for node in lab.nodes { Output.result("\(node.name)  \(node.ip)") }
    let option = name.name == "default" ? "" : " --name \(name.name)"
    Output.error(
      """
      next: faultline run WORKLOAD.toml --lab \(name.name)
            faultline lab exec\(option) n1 -- sh
            faultline lab down\(option)
      """)
  }
}

struct LabDown: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "down", abstract: "Remove a lab and everything in it.")

  @OptionGroup var name: LabName

  @Flag(help: "All labs of this machine.")
  var all = false

  func run() async throws {
    do throws(LabError) {
      for lab in all ? LocalLab.all() : [try LocalLab.find(name.name)] {
        try await lab.down()
        Output.error("lab \(lab.name) is down, nothing is left")
      }
    } catch LabError.noSuchLab {
      // Being down already is what was asked for.
      Output.error("there is no lab \(name.name)")
    } catch {
      throw Failure(error)
    }
  }
}

struct LabStatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Say which labs there are, and how their nodes are.")

  @Option(help: "How the answer is printed: text or json.")
  var format: OutputFormat = .text

  func run() async throws {
    let labs = LocalLab.all()
    var objects: [String] = []
    for lab in labs {
      let status: LabStatus
      do throws(LabError) {
        status = try await lab.status()
      } catch {
        throw Failure(error)
      }
      switch format {
      case .text: print(lab, status)
      case .json: objects.append(json(lab, status))
      }
    }
    switch format {
    case .text: if labs.isEmpty { Output.result("no labs") }
    case .json: Output.result("[\(objects.joined(separator: ","))]")
    }
  }

  private func print(_ lab: LocalLab, _ status: LabStatus) {
    Output.result("\(lab.name): \(status.condition.rawValue), control side \(lab.controlIP)")
    for node in status.nodes {
      let disk = node.diskUsed.map { "\($0 >> 20) of \(lab.spec.diskBytes >> 20) MiB used" }
      Output.result(
        "  \(node.node.name)  \(node.node.ip)  \(node.isRunning ? "running" : "not running"), "
          + "sshd \(node.answersSSH ? "answers" : "does not answer"), "
          + "\(node.processes) processes, disk \(disk ?? "unknown")")
    }
  }

  private func json(_ lab: LocalLab, _ status: LabStatus) -> String {
    let nodes = status.nodes.map { node in
      "{\"name\":\"\(node.node.name)\",\"ip\":\"\(node.node.ip)\",\"running\":\(node.isRunning),"
        + "\"ssh\":\(node.answersSSH),\"processes\":\(node.processes),"
        + "\"diskUsed\":\(node.diskUsed.map(String.init) ?? "null")}"
    }
    return "{\"name\":\"\(lab.name)\",\"condition\":\"\(status.condition.rawValue)\","
      + "\"control\":\"\(lab.controlIP)\",\"nodes\":[\(nodes.joined(separator: ","))]}"
  }
}

struct LabExec: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec", abstract: "Run a command in a node, also where its sshd is dead.",
    discussion: "The exit status is the command's, 128 + n for signal n.")

  @OptionGroup var name: LabName

  @Argument(help: "The node, such as n1.")
  var node: String

  @Argument(parsing: .postTerminator, help: "The command and its arguments, after '--'.")
  var command: [String]

  func run() async throws {
    guard !command.isEmpty else { throw ValidationError("give the command after '--'") }
    let lab = try name.find()
    do throws(LabError) {
      let status = try await lab.exec(node, command)
      Glibc.exit(status)
    } catch {
      throw Failure(error)
    }
  }
}

struct LabReboot: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reboot", abstract: "Restart a node with its disk, or start one that is off.",
    discussion: """
      At once, as by its reset button; 'reboot' and 'poweroff' in the node end its processes in good \
      order. What it wrote to /data and below / is kept, /run, /tmp and root's home are not.
      """)

  @OptionGroup var name: LabName

  @Argument(help: "The node, such as n1.")
  var node: String

  func run() async throws {
    let lab = try name.find()
    do throws(LabError) {
      try await lab.reboot(node)
    } catch {
      throw Failure(error)
    }
    Output.error("\(node) is up again")
  }
}

struct LabSSHConfig: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ssh-config", abstract: "Print a configuration for ssh -F.",
    discussion: "faultline lab ssh-config > lab.conf; ssh -F lab.conf n1")

  @OptionGroup var name: LabName

  func run() throws {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &buffer, buffer.count)
    guard length > 0 else { throw Failure(.bug, "cannot tell where this program is") }
    let executable = String(decoding: buffer[..<length], as: UTF8.self)
    Output.write(try name.find().sshConfig(executable: executable), to: STDOUT_FILENO)
  }
}

struct LabProxy: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "proxy", abstract: "Connect standard input and output to a port of a node.",
    shouldDisplay: false)

  @OptionGroup var name: LabName
  @Argument var host: String
  @Argument var port: UInt16

  func run() throws {
    let lab = try name.find()
    do throws(LabError) {
      try lab.proxy(host: host, port: port)
    } catch {
      throw Failure(error)
    }
  }
}
