import FaultlineCommands

@main
enum Main {
  static func main() async { await FaultlineProgram.main() }
}
