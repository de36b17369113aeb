import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage

extension LocalLab {
  /// Makes a lab and returns when sshd answers on every node: about a second for five nodes on an idle machine.
  ///
  /// The lab outlives the calling process, its terminal and its process group. When this throws, is cancelled, or the
  /// calling process is killed, no lab is left; after a kill its directory is, until the next `up` or `down`.
  /// What an earlier lab of the same name left behind is removed first.
  public static func up(_ spec: LabSpec) async throws(LabError) -> LocalLab {
    try spec.validate()
    guard geteuid() == 0 else { throw .notRoot }
    let (lab, lock) = try await claim(spec)
    defer { withExtendedLifetime(lock) {} }
    do throws(LabError) {
      let line = try await lab.startHolder()
      try await lab.waitUntilReady(lab.nodes)
      try line.send("stay\n")
      return lab
    } catch {
      // Not in this task: it may be cancelled, which would cut every wait short.
      let leftover = await Task { await lab.dismantleError() }.value
      throw leftover ?? error
    }
  }

  /// Gives the spec a directory and a subnet, under the lock of all labs, and takes the lock of this one.
  private static func claim(_ spec: LabSpec) async throws(LabError) -> (LocalLab, FileLock) {
    let all = try await LabStore.lock()
    defer { withExtendedLifetime(all) {} }
    try Preflight.check(spec, directory: LabStore.directory)
    if let old = LabStore.load(spec.name) {
      guard let lock = FileLock(existing: old.directory) else { throw .busy(spec.name) }
      guard LabProcesses(of: old).isEmpty else { throw .alreadyUp(spec.name) }
      try await old.release()
      try LabStore.remove(spec.name)
      withExtendedLifetime(lock) {}
    }
    let lab = try LabStore.create(spec)
    guard let lock = FileLock(existing: lab.directory) else { throw .busy(spec.name) }
    return (lab, lock)
  }

  /// Starts the holder in a session of its own, as no child of ours. The result is our end of its standard input.
  private func startHolder() async throws(LabError) -> Line {
    let (ours, theirs) = try Line.pair()
    do {
      let log = try FileDescriptor.open(
        FilePath(directory + "/log"), .writeOnly,
        options: [.create, .append, .closeOnExec], permissions: .ownerReadWrite)
      let result = try await Subprocess.run(
        .name("setsid"),
        arguments: [
          "--fork", "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child=KILL",
          // Unmounts on the host reach the holder, so that it keeps no disk busy; its own stay inside.
          "--propagation", "slave",
          "bash", directory + "/holder.sh", directory, "\(subnet)", "\(spec.nodes)",
          "\(spec.diskBytes)",
        ],
        environment: .custom(["PATH": searchPath, "LANG": "C.UTF-8", "HOME": "/root"]),
        workingDirectory: "/",
        input: .fileDescriptor(theirs, closeAfterSpawningProcess: true),
        output: .fileDescriptor(log, closeAfterSpawningProcess: false),
        error: .fileDescriptor(log, closeAfterSpawningProcess: true))
      guard result.terminationStatus.isSuccess else {
        throw LabError.labFailed(
          lab: name, reason: "setsid \(result.terminationStatus)", log: tail(directory + "/log"))
      }
    } catch let error as LabError {
      throw error
    } catch {
      throw .system(what: "starting lab \(name)", error: "\(error)")
    }
    return ours
  }

  private func dismantleError() async -> LabError? {
    do throws(LabError) {
      try await dismantle()
      return nil
    } catch {
      return error
    }
  }

  /// Waits until sshd answers on these nodes.
  func waitUntilReady(_ nodes: [LabNode]) async throws(LabError) {
    let deadline = ContinuousClock.now + .seconds(60)
    var pending = nodes
    var absences = 0
    while !pending.isEmpty {
      let processes = LabProcesses(of: self)
      // The arguments of a process are unreadable for an instant while it executes another program.
      absences = processes.isEmpty ? absences + 1 : 0
      if absences > 3 {
        throw .labFailed(
          lab: name, reason: "its first process ended", log: tail(directory + "/log"))
      }
      if let failed = nodes.first(where: { exitStatus(of: $0) != nil }) {
        throw nodeFailure(failed, "it ended with status \(exitStatus(of: failed) ?? "?")")
      }
      if ContinuousClock.now > deadline {
        throw nodeFailure(pending[0], "sshd did not answer within 60 seconds")
      }
      // Not before it listens: a connection tried too early waits a second for the next ARP request.
      let listening = pending.filter { listens($0, processes) }
      let answering = try await answeringSSH(listening, within: .milliseconds(500))
      pending.removeAll { answering.contains($0) }
      if !pending.isEmpty { try await pause(milliseconds: 15) }
    }
  }

  private func listens(_ node: LabNode, _ processes: LabProcesses) -> Bool {
    guard let pid = processes.nodes[node.name] else { return false }
    return access(rootFolder(of: pid) + "/run/sshd.pid", F_OK) == 0
  }

  private func exitStatus(of node: LabNode) -> String? {
    FileManager.default.contents(atPath: "\(directory)/\(node.name)/exit").map {
      String(decoding: $0.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
  }

  func nodeFailure(_ node: LabNode, _ reason: String) -> LabError {
    .nodeFailed(
      node: node.name, lab: name, reason: reason, log: tail("\(directory)/\(node.name)/log"))
  }

  /// The last lines of a log, bounded and escaped.
  private func tail(_ path: String) -> String {
    let bytes = FileManager.default.contents(atPath: path)?.suffix(2000) ?? Data()
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(12)
    return lines.map { line in
      line.unicodeScalars.map { $0 == "\t" ? " " : $0.escaped(asASCII: false) }.joined()
    }.joined(separator: "\n")
  }
}

/// Our end of the holder's standard input. Closed, also by our death, it tells the holder to end.
private final class Line: Sendable {
  private let descriptor: Int32

  static func pair() throws(LabError) -> (Line, FileDescriptor) {
    var ends: [Int32] = [0, 0]
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw .lastCall("socketpair") }
    return (Line(descriptor: ends[0]), FileDescriptor(rawValue: ends[1]))
  }

  /// A holder that is gone is noticed by looking at it, so a failure to send is not reported here.
  func send(_ text: String) throws(LabError) {
    guard Glibc.send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL)) > 0 else {
      throw .lastCall("telling the lab to stay")
    }
  }

  private init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
  }
}

extension LabError {
  /// The call that has just failed, with errno's meaning.
  static func lastCall(_ what: String) -> LabError {
    .system(what: what, error: Errno(rawValue: errno).description)
  }
}
