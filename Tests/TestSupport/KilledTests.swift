import Glibc

/// Sees to it that no lab of this process outlives it, not even where it is killed in the middle of a test: a
/// shell waits for the end of its input, which this process alone holds open, and takes down what is left
/// then. In a session of its own, so that Ctrl-C does not reach it.
public func takeLabsDownIfKilled() throws {
  guard waitingShell else {
    throw TestFailure("no shell could be started that outlives this process")
  }
}

/// A name that no lab of another process has, and by which the shell finds it.
public func labName(_ subject: String) -> String { "test-\(subject)-\(getpid())" }

private let waitingShell: Bool = {
  let labs = "/var/lib/faultline/labs"
  let script = """
    cat >/dev/null
    for lab in \(labs)/\(labName("*")); do
      [ ! -d "$lab" ] || \(faultline) lab down --name "${lab##*/}"
    done
    """
  // "e": no program that is started later holds the input open.
  return popen("exec setsid sh -c '\(script)' >/dev/null 2>&1", "we") != nil
}()
