import Histories
import Linearizability
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
}
