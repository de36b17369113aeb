import FoundationEssentials
import Histories
import TestSupport
import Testing

@testable import Cluster
@testable import Nemesis

/// What was done to a target's data is undone whoever dies in the middle, and stays undone.
@Suite(.enabled(if: isRoot, "\(needsRoot)"))
struct UndoingTests {
  private func damages(_ ground: Ground) -> [ChosenFault] {
    let fixed: [String: Value] = ["files": .string("db/fixed"), "draw": .integer(12_345_678)]
    return [
      ground.fault(.bitFlip, fixed, of: ["n1"]), ground.fault(.truncatedFile, fixed, of: ["n1"]),
      ground.fault(.tornTail, fixed, of: ["n1"]),
    ]
  }

  private func old(_ ground: Ground) -> ChosenFault {
    let settings: [String: Value] = ["files": .string("db/changing"), "age": .integer(600)]
    return ground.fault(.oldFile, settings, of: ["n1"])
  }

  private func others(_ ground: Ground) -> [ChosenFault] {
    [
      ground.fault(.restartWiped, of: ["n1"]),
      ground.fault(.restartStale, ["age": .integer(100)], of: ["n1"]),
      ground.fault(.diskFull, of: ["n1"]),
    ]
  }

  /// Scripts of these are killed by `make soak` only, for it takes long.
  private func more(_ ground: Ground) throws -> [ChosenFault] {
    let kinds: [FaultKind] = [
      .truncatedFile, .tornTail, .kill, .terminate, .pause, .freeze, .crashLoop, .restart, .cpu,
      .memory, .fileDescriptors, .inodesFull, .readOnly, .diskSlow, .diskHang, .ioError, .powerLoss,
      .processClock,
    ]
    let shaped: [FaultKind] = [.partition, .loss, .flapping, .packets, .bandwidth]
    let fixed: [String: Value] = ["files": .string("db/fixed")]
    return try shaped.map { try ground.shaped($0, .one) }
      + kinds.map { ground.fault($0, $0.damageStays ? fixed : [:], of: ["n1"]) }
  }

  /// What must be as it was: with the content of files, but what the server writes all the time.
  private func state(_ ground: Ground) async throws -> String {
    let files = "sync -f /data; find /data -type f ! -name ticks -exec cksum {} + | sort"
    return try await ground.lab.text("n1", files) + ground.snapshot("n1")
  }

  /// Lets `body` inject a fault; a file that is to become old changes meanwhile. What is there before the fault is undone
  /// must be there in the end.
  private func expectUndone(
    _ ground: Ground, _ fault: ChosenFault, _ what: String, _ body: () async throws -> Void
  ) async throws {
    let second = "echo second > /data/db/changing; sync -f /data"
    _ = try await ground.lab.text("n1", second)
    let before = try await state(ground)
    if fault.kind == .oldFile {
      _ = try await ground.lab.text(
        "n1",
        """
        echo first > /data/db/changing; rm -f /run/over
        setsid sh -c 'until [ -e /data/.faultline-old ] || [ -e /run/over ]; do sleep 0.02; done
          sleep 0.1; \(second)' </dev/null >/dev/null 2>&1 &
        """)
    }
    try await body()
    if fault.kind == .oldFile { _ = try await ground.lab.text("n1", ": > /run/over; sleep 0.2") }
    Ground.expectSame(before, try await state(ground), what)
  }

  /// With its folder gone from the node nobody knows of the fault any more, so its end must be on the disk by then.
  @Test func whatIsUndoneStaysUndoneWhenThePowerIsCut() async throws {
    try await Ground.with { ground in
      let power = ground.fault(.powerLoss, of: ["n1"])
      let inodes = ground.fault(.inodesFull, of: ["n1"])
      for fault in damages(ground) + [old(ground)] + others(ground) + [inodes] {
        try await expectUndone(ground, fault, fault.title) { () async throws in
          try await ground.succeed(.inject, fault)
          try await ground.succeed(.verify, fault)
          try await ground.succeed(.heal, fault)
          try await ground.succeed(.inject, power)
          try await ground.succeed(.heal, power)
        }
      }
    }
  }

  /// A script may be killed at any of its commands: an injection by a heal, and a heal with its watchdog. `amidst` ends
  /// it before the command of each number.
  @Test func whatIsKilledAmidstIsUndone() async throws {
    try await Ground.with { ground in
      let isSoak = ProcessInfo.processInfo.environment["FAULTLINE_SOAK"] != nil
      _ = try await ground.lab.text("n1", Self.amidst)
      var killed = 0
      for fault in [damages(ground)[0], old(ground)] + others(ground)
        + (isSoak ? try more(ground) : [])
      {
        killed += try await killAtEachCommand(ground, fault, .inject)
        killed += try await killAtEachCommand(ground, fault, .heal)
      }
      #expect(killed > 80, "\(killed) were killed")
    }
  }

  /// How many times it was killed. The lease is renewed before, for all together takes longer than it lasts.
  private func killAtEachCommand(
    _ ground: Ground, _ fault: ChosenFault, _ step: FaultStep
  ) async throws -> Int {
    for node in ground.nodes { try await ground.prepare(node) }
    var number = 0
    while true {
      var wasKilled = true
      let what = "\(fault.title), \(step) killed at command \(number)"
      try await expectUndone(ground, fault, what) { () async throws in
        wasKilled = try await kill(ground, fault, step, at: number)
      }
      if !wasKilled { return number }
      number += 1
    }
  }

  /// Kills a step at the command of a number, and heals; whether the step had so many commands.
  private func kill(
    _ ground: Ground, _ fault: ChosenFault, _ step: FaultStep, at number: Int
  ) async throws -> Bool {
    if step == .heal { try await ground.succeed(.inject, fault) }
    _ = try await ground.lab.text("n1", "echo \(number) > /run/amidst/left")
    if step == .heal {
      _ = try await ground.lab.on("n1", NodeState.heal.body)
    } else {
      _ = try await ground.run(step, fault)
    }
    let left = try await ground.lab.text("n1", "cat /run/amidst/left; echo > /run/amidst/left")
    _ = try await ground.healAll()
    return left == "\n"
  }

  /// Puts something in the place of programs that the scripts call: it counts down `left`, and at 0 kills
  /// the shells that called it.
  private static let amidst = """
    mkdir -p /run/amidst/real; cp "$(command -v mount)" /run/amidst/real/; echo > /run/amidst/left
    cat > /run/amidst/program <<'PROGRAM'
    #!/bin/sh
    read -r left < /run/amidst/left
    if [ "$left" = 0 ]; then
      echo > /run/amidst/left
      parent=$PPID
      while [ "$parent" -gt 0 ] && read -r name < "/proc/$parent/comm" && [ "$name" = sh ]; do
        shells="$shells $parent"
        parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$parent/status")
      done
      kill -KILL $shells
      exit 1
    fi
    [ -z "$left" ] || echo $((left - 1)) > /run/amidst/left
    exec "/run/amidst/real/${0##*/}" "$@"
    PROGRAM
    chmod 755 /run/amidst/program
    cp /usr/sbin/*tables* /run/amidst/real/
    for name in cksum cp dd mkdir mv rm rmdir sync touch truncate fallocate setsid prlimit nft tc \\
      iptables-restore fsfreeze blockdev umount mount; do
      file=$(command -v "$name") && cp "$file" /run/amidst/real/ &&
        /run/amidst/real/mount --bind /run/amidst/program "$file" || exit
    done
    """
}
