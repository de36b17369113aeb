/// What a search has to decide, in numbers: it knows neither states nor commands.
struct SearchProblem {
  /// The calls by index.
  let calls: [OpenCall]
  var schedule: Schedule
  let space: StateSpace

  /// Lays out calls, whose invocations must be in order, of which the crashed ones help until the
  /// given positions. Events after `end` are left out.
  init<S: Specification>(
    _ calls: [Call<S.Command>], under specification: S, states: NumberedStates<S>,
    usefulUntil: [Int], end: Int = .max
  ) {
    let schedule = Schedule(
      calls: calls, of: specification, usefulUntil: usefulUntil, end: end)
    self.calls = calls.indices.map { index in
      OpenCall(
        call: Int32(index), command: states.commandNumbers[index], slot: schedule.slots[index],
        duty: schedule.dutySlots[index],
        isOverwrite: specification.isOverwrite(calls[index].command),
        isObserver: specification.isObserver(calls[index].command),
        completion: calls[index].completion ?? .max)
    }
    self.schedule = schedule
    space = states.space()
  }
}
