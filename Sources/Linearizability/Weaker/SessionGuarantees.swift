internal import Histories

/// Decides monotonic reads and read your writes, each process alone (D. Terry et al., "Session
/// guarantees for weakly consistent replicated data", 1994).
///
/// What is older is told by an order of the writes that keeps their real time. Monotonic reads: in
/// some such order, what a process saw never moves back. That is so if and only if, in the order of
/// its reads, none saw a write that was over before one began that an earlier read saw, and no write
/// is seen again after another. Necessary: plain. Sufficient: then what was seen is a sequence of
/// writes, each once, in which none was over before one ahead of it began, so that the sequence and
/// real time together have no cycle: a way through writes that were not seen is itself real time.
///
/// Read your writes: no read saw a write that was over before the process's last own write began. If
/// none did, all own writes can come before what was seen after them.
struct SessionGuarantees {
  typealias Finding = WeakerConditions.Finding

  /// What a process has done so far.
  private struct Session {
    /// The read whose write began last.
    var newest: (read: Int, begin: Int)?
    /// The last read, and all writes that were left behind, with the read that saw another first.
    var last: (read: Int, write: Int)?
    var left: [Int: Int] = [:]
    var ownWrite: Int?
  }

  private let history: RegisterHistory
  private var sessions: [Int: Session] = [:]
  private var monotonicReads = Finding.holds
  private var readYourWrites = Finding.holds
  private var sawRepeatedValue = false

  /// Complexity: O(n).
  static func findings(
    _ history: RegisterHistory
  ) -> (monotonicReads: Finding, readYourWrites: Finding) {
    var guarantees = SessionGuarantees(history: history)
    for call in history.calls.indices { guarantees.add(call) }
    func decided(_ finding: Finding) -> Finding {
      finding == .holds && guarantees.sawRepeatedValue ? .undecided(.repeatedValues) : finding
    }
    return (decided(guarantees.monotonicReads), decided(guarantees.readYourWrites))
  }

  private init(history: RegisterHistory) { self.history = history }

  private mutating func add(_ call: Int) {
    let process = history.processes[call]
    // Taken out, so that what was left behind is changed in place and not copied.
    var session = sessions.removeValue(forKey: process) ?? Session()
    // A read that crashed is not there; a cas that crashed is the last that its process did.
    if let value = history.seen(call) {
      switch history.source(of: value) {
      case .initial: see(-1, call, &session)
      case .write(let write): see(write, call, &session)
      case .several: sawRepeatedValue = true
      case .nowhere:
        // It belongs to no order of writes.
        fail(&monotonicReads, [call])
        fail(&readYourWrites, [call])
      }
    }
    if history.calls[call].command.installed != nil { session.ownWrite = call }
    sessions[process] = session
  }

  /// A read saw a write; -1 is the initial value.
  private mutating func see(_ write: Int, _ read: Int, _ session: inout Session) {
    let end = write < 0 ? -1 : history.end(write)
    let begin = write < 0 ? -2 : history.calls[write].invocation
    if let own = session.ownWrite, end < history.calls[own].invocation {
      fail(&readYourWrites, [read, own])
    }
    if let newest = session.newest, end < newest.begin {
      fail(&monotonicReads, [read, newest.read])
    } else if let other = session.left[write] {
      fail(&monotonicReads, [read, other])
    }
    if let last = session.last, last.write != write { session.left[last.write] = read }
    session.last = (read, write)
    if begin > session.newest?.begin ?? .min { session.newest = (read, begin) }
  }

  private func fail(_ finding: inout Finding, _ calls: [Int]) {
    if finding == .holds { finding = .broken(history.operations(calls)) }
  }
}
