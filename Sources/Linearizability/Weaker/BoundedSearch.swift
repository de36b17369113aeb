/// Whether the calls are linearizable, by a search of bounded size: the same answer on every machine;
/// nil if it does not suffice.
func boundedSearch<S: Specification>(
  _ calls: [Call<S.Command>], under specification: S, usefulUntil: [Int]
) -> Bool? {
  let budget = SearchBudget(memoryLimit: 64 << 20, expansionLimit: 50_000)
  return switch search(calls, under: specification, usefulUntil: usefulUntil, budget: budget).0 {
  case .linearizable: true
  case .impossible: false
  case .unknown: nil
  }
}
