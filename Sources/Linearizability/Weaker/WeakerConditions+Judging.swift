internal import Histories

extension WeakerConditions {
  /// Finds out what still holds of a register that is not linearizable. Every part is bounded, so the
  /// answer is the same on every machine. `impossible` are operations that cannot be linearized,
  /// by `Operation.id`, and `time` gives the time of the event at a position.
  static func judge(
    _ register: RegisterHistory, impossible: Set<Int>, time: (Int) -> Int64?
  ) -> WeakerConditions {
    let (regular, safe) = RegularRegister(register).findings()
    let (monotonicReads, readYourWrites) = SessionGuarantees.findings(register)
    return WeakerConditions(
      findings: [
        .sequential: SequentialConsistency.finding(register, impossible: impossible),
        .regular: regular, .safe: safe, .monotonicReads: monotonicReads,
        .readYourWrites: readYourWrites,
      ],
      versions: KAtomicity.versions(register),
      staleness: DeltaAtomicity.staleness(register, time: time))
  }
}
