/// What still holds of a register whose history is not linearizable: how far it is from what was
/// promised, and what its clients could still rely on.
///
/// None of this changes a verdict. Each condition follows from linearizability; of each other,
/// regular implies safe and read your writes. In all of them a successful cas counts as a read of
/// what it expected and then a write of what it put there; what crashed may have taken effect or
/// not; what failed did not.
public struct WeakerConditions: Sendable, Hashable {
  /// A condition that holds or does not.
  public enum Condition: String, Sendable, CaseIterable {
    /// One order of all operations explains what each saw, and keeps the order of each process, but
    /// not real time (L. Lamport, "How to make a multiprocessor computer that correctly executes
    /// multiprocess programs", 1979). It is judged of this object alone: several objects that are
    /// each sequentially consistent need not be so together.
    case sequential
    /// Each read saw the last write before it or one that was open during it (L. Lamport, "On
    /// interprocess communication", 1986; for several writers C. Shao et al., "Multi-writer
    /// consistency conditions for shared memory objects", 2003): a write that was not over before
    /// another began that was over before the read.
    case regular
    /// As regular, but a read during which a write was open may have seen anything (Lamport, 1986). A
    /// write that crashed is open from then on.
    case safe
    /// No process saw a value and later an older one (D. Terry et al., "Session guarantees for weakly
    /// consistent replicated data", 1994), in an order of the writes that keeps their real time.
    case monotonicReads
    /// No process saw something older than what it had written itself (Terry et al., 1994), in an order
    /// of the writes that keeps their real time.
    case readYourWrites
  }

  /// Whether a condition holds.
  public enum Finding: Sendable, Hashable {
    case holds
    /// These operations, by `Operation.id`, break it, a read first; empty where it is the whole that
    /// does.
    case broken([Int])
    case undecided(Reason)
  }

  /// Why something could not be decided.
  public enum Reason: String, Sendable, Hashable {
    /// A value was read that more than one write could have written.
    case repeatedValues
    /// Trying it out would take too long.
    case tooHard
    /// Not all events have times, or the times are not in the order of the events.
    case noTimes
  }

  /// How many versions old what was read may have been: the smallest k for which one order of all
  /// operations keeps real time and has each read return one of the k last writes before it (A.
  /// Aiyer, L. Alvisi and R. Bazzi, "On the availability of non-strict quorum systems", 2005). It
  /// is 1 for a linearizable register.
  public enum Versions: Sendable, Hashable {
    case exactly(Int)
    /// The smallest k lies between the two; a greatest is not known where it is nil.
    case between(Int, Int?)
    /// There is no such k: what these operations read had not begun to be written.
    case never([Int])
  }

  /// How long ago what was read may have been overwritten: the smallest time by which the beginning
  /// of every read has to be moved back for the history to be linearizable (W. Golab, X. Li and M.
  /// Shah, "Analyzing consistency properties for fun and profit", 2011).
  public enum Staleness: Sendable, Hashable {
    case nanoseconds(Int64)
    /// It is not linearizable however long ago the reads began.
    case never
    case undecided(Reason)
  }

  /// Each condition with what was found.
  public var findings: [Condition: Finding]
  /// How many versions old.
  public var versions: Versions
  /// How long ago.
  public var staleness: Staleness

  /// Gathers what was found.
  public init(findings: [Condition: Finding], versions: Versions, staleness: Staleness) {
    self.findings = findings
    self.versions = versions
    self.staleness = staleness
  }

  /// The conditions that hold and that do not follow from another that holds.
  public var strongest: [Condition] {
    let holding = Condition.allCases.filter { findings[$0] == .holds }
    guard holding.contains(.regular) else { return holding }
    return holding.filter { $0 != .safe && $0 != .readYourWrites }
  }
}
