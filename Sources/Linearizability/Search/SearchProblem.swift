/// What a search has to decide, in numbers: it knows neither states nor commands.
struct SearchProblem {
  /// The calls by index.
  let calls: [OpenCall]
  var schedule: Schedule
  let space: StateSpace
  var prospects: Prospects?

  /// Lays out calls, whose invocations must be in order, of which the crashed ones help until the
  /// given positions. Events after `end` are left out.
  init<S: Specification>(
    _ calls: [Call<S.Command>], under specification: S, states: NumberedStates<S>,
    usefulUntil: [Int], end: Int = .max
  ) {
    let isOverwrite = states.commands.map(specification.isOverwrite)
    let isObserver = states.commands.map(specification.isObserver)
    let isGrowth = states.commands.map(specification.isGrowth)
    var open = states.commandNumbers.enumerated().map { index, command in
      OpenCall(
        call: Int32(index), command: command, isOverwrite: isOverwrite[Int(command)],
        isObserver: isObserver[Int(command)], isGrowth: isGrowth[Int(command)])
    }
    schedule = Schedule(calls, usefulUntil: usefulUntil, end: end, into: &open)
    self.calls = open
    space = states.space()
    prospects = Prospects(
      open, schedule, commandCount: states.commands.count, isHopeless: states.isHopeless)
  }

  /// How many configurations may be looked at to tell more of what is known to be impossible. Where a
  /// search must look ahead to get anywhere, it gets nowhere when it looks for what it can reach.
  var explanationLimit: Int { prospects == nil ? 100_000 : 256 }

  /// The first `count` steps, of which observers that complete at the step `horizon` or later are not
  /// looked ahead for.
  func prefix(_ count: Int, lookingAheadTo horizon: Int) -> SearchProblem {
    var prefix = self
    prefix.schedule = schedule.prefix(count)
    prefix.prospects?.end = Int32(horizon)
    return prefix
  }
}
