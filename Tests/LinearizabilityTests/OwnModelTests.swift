import Glibc
import Histories
import Linearizability
import Synchronization
import Testing

/// What a user's model may be: the least that is asked for, a nondeterministic one, a wrong one.
@Suite struct OwnModelTests {
  /// Only what is required.
  struct Account: Model {
    var initialState = 0

    func step(_ balance: Int, _ call: RecordedCall) -> Int? {
      switch (call.f, call.argument) {
      case ("deposit", .integer(let amount)?): balance + Int(amount)
      case ("withdraw", .integer(let amount)?): amount <= balance ? balance - Int(amount) : nil
      case ("balance", _): call.mayReturn(.integer(Int64(balance))) ? balance : nil
      default: nil
      }
    }
  }

  /// A coin that nobody sees fall.
  struct Coin: NondeterministicModel {
    typealias Possibility = String
    typealias Command = RecordedCall
    let initialPossibilities: Set<String> = ["heads"]

    func steps(_ side: String, _ call: RecordedCall) -> Set<String> {
      if call.f == "toss" { return ["heads", "tails"] }
      return call.mayReturn(.string(side)) ? [side] : []
    }
  }

  /// Claims that deposits leave the balance alone.
  struct Liar: Model {
    let initialState = 0
    func step(_ balance: Int, _ call: RecordedCall) -> Int? { balance + 1 }
    func isObserver(_ call: RecordedCall) -> Bool { true }
  }

  private func answer<M: Model>(_ model: M, _ text: String) throws -> Answer {
    let entry = ModelCatalog.Entry("own-\(M.self)", summary: "of a test") { _ in model }
    return try check(history(text), CheckOptions(model: entry.name), under: entry)
      .partitions[0].answer
  }

  @Test func theLeastModelDecides() throws {
    #expect(
      try answer(
        Account(),
        """
        0 invoke deposit 5
        1 invoke withdraw 3
        1 ok withdraw
        0 ok deposit
        1 invoke balance
        1 ok balance 2
        """) == .linearizable)
    #expect(
      try answer(
        Account(),
        """
        0 invoke deposit 5
        0 ok deposit
        1 invoke withdraw 6
        1 ok withdraw
        """) == .violation(1))
    // A crashed deposit may be the one that covers it.
    #expect(
      try answer(
        Account(),
        """
        0 invoke deposit 5
        0 info deposit
        1 invoke withdraw 5
        1 ok withdraw
        """) == .linearizable)
  }

  @Test func aNondeterministicModelDecides() throws {
    let look = "1 invoke look\n1 ok look tails\n"
    #expect(try answer(Coin(), look) == .violation(0))
    #expect(try answer(Coin(), "0 invoke toss\n0 ok toss\n" + look + look) == .linearizable)
    #expect(
      try answer(
        Coin(), "0 invoke toss\n0 ok toss\n" + look + "1 invoke look\n1 ok look heads"
      ) == .violation(2))
  }

  @Test func aWrongClaimIsFoundBeforeItIsBelieved() throws {
    let error = #expect(throws: CheckError.self) {
      try answer(Liar(), "0 invoke deposit 1\n0 ok deposit")
    }
    #expect("\(error as Any)".contains("calls an observer what changes the state"))
  }

  /// Its step does not return once a deposit of 9 is there.
  struct Sleeper: Model {
    let initialState = 0
    func step(_ balance: Int, _ call: RecordedCall) -> Int? {
      while call.argument == .integer(9) { sleep(1) }
      return balance
    }
  }

  @Test func aStepThatDoesNotReturnIsAbandoned() throws {
    let entry = ModelCatalog.Entry("sleeper", summary: "of a test") { _ in Sleeper() }
    let text = "0 invoke deposit 9 @a\n0 ok deposit\n1 invoke deposit 1 @b\n1 ok deposit"
    let judgement = try check(
      history(text),
      CheckOptions(model: entry.name, timeLimit: .seconds(1), jobs: 2), under: entry)
    #expect(judgement.partitions.map(\.answer) == [.unknown, .linearizable])
    #expect(judgement.duration < .seconds(30))
  }

  /// Its solver knows at once, and never again.
  struct Forgetful: Model {
    final class Asked: Sendable { let times = Mutex(0) }

    let initialState = 0
    let asked = Asked()

    func step(_ state: Int, _ call: RecordedCall) -> Int? { nil }

    func solve(_ calls: [Call<RecordedCall>]) -> SolverResult {
      let times = asked.times.withLock { times in
        times += 1
        return times
      }
      while times > 1 { sleep(1) }
      return .impossible([0])
    }
  }

  /// To find its place, and to explain it, may take longer than there is time for.
  @Test func aViolationIsKeptWhereItsPlaceIsNotFoundInTime() throws {
    let entry = ModelCatalog.Entry("forgetful", summary: "of a test") { _ in Forgetful() }
    let judgement = try check(
      history("0 invoke look\n0 ok look\n1 invoke look\n1 ok look"),
      CheckOptions(model: entry.name, timeLimit: .seconds(1), jobs: 1), under: entry)
    guard case .violation(let violation) = judgement.partitions[0].outcome else {
      Issue.record("\(judgement.partitions[0].outcome)")
      return
    }
    #expect(violation.operation == 0)
    #expect(violation.explanation[0].contains("no time left to find the first"))
  }

  /// A switch whose states all have one hash.
  struct Switch: Model {
    struct State: Hashable, Sendable {
      var number = 0
      func hash(into hasher: inout Hasher) {}
    }

    let initialState = State()

    func step(_ state: State, _ call: RecordedCall) -> State? {
      guard case .integer(let number)? = call.argument else {
        return call.result == .known(.integer(Int64(state.number))) ? state : nil
      }
      return State(number: state.number + Int(number))
    }
  }

  /// States are told apart by equality. A hash says where to look.
  @Test func equalHashesAreNoEqualStates() throws {
    let writes = (1...6).map { "\($0) invoke add \($0)\n" }.joined()
    let ends = (1...6).map { "\($0) ok add\n" }.joined()
    #expect(try answer(Switch(), writes + ends + "7 invoke look\n7 ok look 21") == .linearizable)
    #expect(try answer(Switch(), writes + ends + "7 invoke look\n7 ok look 20") == .violation(6))
    #expect(
      try answer(Switch(), writes + "7 invoke look\n7 ok look 11\n" + ends) == .linearizable)
  }

  @Test func theNumberOfJobsChangesNothing() throws {
    var lines: [String] = []
    for key in 0..<30 {
      lines += ["\(key) invoke write 1 @\(key)", "\(key) ok write"]
      lines += ["\(key) invoke read @\(key)", "\(key) ok read \(1 + key % 2)"]
    }
    let answers = try [1, 2, 7].map { jobs in
      try check(
        history(lines.joined(separator: "\n")), CheckOptions(model: "register", jobs: jobs)
      ).partitions.map { "\($0.key?.json ?? "-") \($0.answer)" }
    }
    #expect(answers[0] == answers[1] && answers[0] == answers[2])
    #expect(answers[0].count { $0.contains("violation") } == 15)
  }
}
