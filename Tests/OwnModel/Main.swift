import FaultlineCommands
import Histories
import Linearizability

/// A bank account that must never be overdrawn.
struct Account: Model {
  var initialState: Int64

  func step(_ balance: Int64, _ call: RecordedCall) -> Int64? {
    switch (call.f, call.argument) {
    case ("deposit", .integer(let amount)?): balance + amount
    case ("withdraw", .integer(let amount)?): amount <= balance ? balance - amount : nil
    case ("balance", _): call.mayReturn(.integer(balance)) ? balance : nil
    default: nil
    }
  }
}

@main
enum Main {
  static let account = ModelCatalog.Entry("account", summary: "a bank account") { options in
    Account(initialState: options.initial == .null ? 0 : 100)
  }
  static func main() async { await FaultlineProgram.main(models: [account]) }
}
