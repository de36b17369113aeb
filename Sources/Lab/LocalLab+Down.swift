import Glibc
import Subprocess

extension LocalLab {
  /// Removes the lab with all that belongs to it: processes, disks, keys. Works on labs that are half built or
  /// half removed, and does nothing where there is nothing. A frozen `/data` is thawed first.
  /// - Throws: `leftBehind` with what could not be removed; it can be called again then.
  public func down() async throws(LabError) {
    guard geteuid() == 0 else { throw .notRoot }
    for _ in 0..<3000 {
      guard LabStore.load(name) != nil else { return }
      if let lock = FileLock(existing: directory) {
        try await dismantle()
        withExtendedLifetime(lock) {}
        return
      }
      try await pause(milliseconds: 20)
    }
    throw .busy(name)
  }

  /// The caller holds the lock of this lab.
  func dismantle() async throws(LabError) {
    try await release()
    let all = try await LabStore.lock()
    try LabStore.remove(name)
    LabStore.leave()
    withExtendedLifetime(all) {}
  }

  /// Ends the processes and frees the disks. The caller holds the lock of this lab.
  func release() async throws(LabError) {
    LoopDevice.thaw(disks)
    try await endProcesses()
    try await freeDisks()
  }

  private var disks: [LoopDevice] { LoopDevice.all(below: directory) }

  /// Kills the holder and the nodes until two looks in a row find nothing. What waits for the holder ends after the
  /// kernel has emptied the holder's PID namespace, so it is waited for and killed only when that takes too long.
  private func endProcesses() async throws(LabError) {
    let start = ContinuousClock.now
    var absences = 0
    while absences < 2 {
      let processes = LabProcesses(of: self)
      absences = processes.isEmpty ? absences + 1 : 0
      let waited = ContinuousClock.now - start
      var doomed = Array(processes.nodes.values) + [processes.holder].compactMap { $0 }
      if waited > .seconds(5) { doomed += processes.launchers }
      for pid in doomed { kill(pid, SIGKILL) }
      if waited > .milliseconds(200) { LoopDevice.thaw(disks) }
      if waited > .seconds(15), !processes.isEmpty {
        throw .leftBehind(lab: name, what: doomed.map { "process \($0), which cannot be killed" })
      }
      try await pause(milliseconds: 10)
    }
  }

  /// The kernel detaches a disk with its last use, once it has written what a full disk held, which takes its
  /// time on a busy machine. One that was frozen when its last process ended has no mount any more and no process,
  /// but is in use: it is mounted once more to be thawed. That uses it, so it is tried ever more rarely.
  private func freeDisks() async throws(LabError) {
    let start = ContinuousClock.now
    var nextThaw = Duration.milliseconds(500)
    while !disks.isEmpty {
      let waited = ContinuousClock.now - start
      if waited > .seconds(120) {
        throw .leftBehind(lab: name, what: disks.map { "\($0.path) (\(directory))" })
      }
      LoopDevice.thaw(disks)
      if waited > nextThaw {
        for disk in disks { await disk.thawUnmounted(at: directory) }
        nextThaw = (ContinuousClock.now - start) * 2
      }
      try await pause(milliseconds: 10)
    }
  }
}
