internal import ArgumentParser
internal import Glibc
public import Linearizability
internal import Reports

/// The command line: `faultline` itself, or a program that adds models of its own.
public enum FaultlineProgram {
  /// Runs the command that the arguments of this process name, and exits with its status.
  ///
  /// The models are added to those that `--model` and a history's header can name.
  public static func main(models: [ModelCatalog.Entry] = []) async -> Never {
    ModelCatalog.add(models)
    Interruption.ignoreBrokenPipes()
    var command: any ParsableCommand
    do {
      command = try Faultline.parseAsRoot()
    } catch {
      // Usage errors exit with 64, --help and --version with 0.
      Faultline.exit(withError: error)
    }
    do {
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let failure as Failure {
      failure.print()
      leave(failure.status.rawValue)
    } catch let code as ExitCode {
      leave(code.rawValue)
    } catch let error where Faultline.exitCode(for: error) != .failure {
      // What the parser itself throws: a request for help, or a mistake that it found late.
      Faultline.exit(withError: error)
    } catch {
      // The argument parser would make this a 1, which would read as a violation.
      Failure(.bug, "\(error)").print()
      leave(ExitStatus.bug.rawValue)
    }
    leave(0)
  }

  /// Ends the process without `exit`'s clean-up, which takes OpenSSL apart under threads that still use it:
  /// a connection that nobody could wait for any longer would crash there, and hide the status.
  private static func leave(_ status: Int32) -> Never {
    fflush(nil)
    _exit(status)
  }
}

struct Faultline: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "faultline",
    abstract: "Tests whether a distributed system keeps its promises while things go wrong.",
    discussion: """
      Records what clients of a cluster saw while faults were injected into it over SSH, and \
      decides whether that was possible under linearizability.

      Exit status: 0 linearizable, 1 violation, 2 unknown (undecided, or too little evidence), \
      64 usage, 65 malformed input, 66 no such input, 69 the test could not be carried out, \
      70 a bug, 73 output not writable, 130 and 143 interrupted, after healing. \
      A violation outranks everything else.
      """,
    version: Version.text,
    subcommands: [
      RunCommand.self, MinimizeCommand.self, CheckCommand.self, LintCommand.self, ShowCommand.self,
      ModelsCommand.self,
      LabCommand.self,
      DoctorCommand.self, HealCommand.self, FaultsCommand.self, NemesisCommand.self,
    ])

  /// Bare `faultline` is a mistake, such as an empty variable in a CI script: never a pass.
  func run() throws {
    Output.error(Faultline.helpMessage())
    throw ExitCode(ExitStatus.usage.rawValue)
  }
}
