import ArgumentParser

/// What keeps faults from outliving whoever injects them, and from the wrong nodes.
struct SafetyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How long nodes wait for a sign of us before they undo all faults by themselves.",
      valueName: "duration"),
    transform: ArgumentText.duration)
  var lease: Duration = .seconds(30)

  @Flag(
    help: ArgumentHelp(
      "These nodes may be harmed, although --nodes does not name them.",
      discussion: "Otherwise each must have a file /etc/faultline/allow."))
  var yes = false

  func validate() throws {
    guard lease >= .seconds(3) else { throw ValidationError("--lease must be at least 3s") }
  }
}
