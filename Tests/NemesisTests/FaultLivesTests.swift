import Glibc
import Histories
import TestSupport
import Testing

@testable import Cluster
@testable import Nemesis

/// Every kind of fault on real nodes: injected, seen by means that have nothing in common with the
/// product's own, undone, and the nodes compared before and after. Each is undone twice over: by its
/// own heal, and by the one that is all that is left when the control program has died.
@Suite(.serialized, .enabled(if: isRoot, "\(needsRoot)"))
struct FaultLivesTests {
  // MARK: Network

  @Test func theNetworkIsHarmedAndWholeAgain() async throws {
    try await Ground.with { ground in
      try await live(ground, try ground.shaped(.partition, .link)) { () async throws in
        #expect(try await ground.talk("n1", to: ground.address("n2")) == .noConnection)
        #expect(try await ground.talk("n2", to: ground.address6("n1")) == .noConnection)
        #expect(try await ground.talk("n3", to: ground.address("n1")) == .data)
        #expect(try await ground.talk("n2", to: ground.address("n3")) == .data)
      }
      try await live(ground, try ground.shaped(.partition, .one, ["packets": .string("reset")])) {
        () async throws in
        for (from, to) in [("n1", "n2"), ("n2", "n1")] {
          for address in [ground.address(to), ground.address6(to)] {
            let said = try await ground.lab.on(
              from, "timeout 5 bash -c 'exec 3<>/dev/tcp/\(address)/7000'")
            #expect(said.errors.contains("refused"), "\(from) to \(address): \(said.text)")
          }
        }
        #expect(try await ground.talk("n2", to: ground.address("n3")) == .data)
      }
      try await live(ground, ground.fault(.swizzle, of: ["n1", "n2"])) { () async throws in
        #expect(try await ground.talk("n1", to: ground.address("n3")) == .noConnection)
        #expect(try await ground.talk("n3", to: ground.address("n2")) == .noConnection)
      }
      // Those that it loses answer it: it would see no packet if they lost its own too.
      try await live(ground, try ground.shaped(.loss, .deaf, ["percent": .integer(100)])) {
        () async throws in
        #expect(try await ground.talk("n1", to: ground.address("n2")) == .noConnection)
        #expect(try await ground.talk("n2", to: ground.address("n3")) == .data)
      }
      try await live(ground, try ground.shaped(.loss, .halves)) { () async throws in
        #expect(try await ground.talk("n2", to: ground.address("n3")) == .data)
      }
    }
  }

  @Test func aFlappingLinkComesAndGoes() async throws {
    try await Ground.with { ground in
      let fault = try ground.shaped(.flapping, .link, ["period": .integer(1500)])
      try await live(ground, fault) { () async throws in
        var seen: Set<Ground.Answer> = []
        for _ in 0..<20 where seen.count < 2 {
          seen.insert(try await ground.talk("n1", to: ground.address("n2")))
        }
        #expect(seen == [.data, .noConnection], "\(seen)")
      }
    }
  }

  @Test func clientsAndConnectionsAndPipesAreHarmedAndWholeAgain() async throws {
    try await Ground.with { ground in
      #expect(try await ground.clientTalks("n1"))
      let cut = ground.fault(.clientsCut, of: ["n1"])
      for byItself in [true, false] {
        try await ground.succeed(.inject, cut)
        async let tried = ground.clientTalks("n1")
        try await ground.succeed(.verify, cut)
        #expect(try await !tried)
        #expect(try await ground.clientTalks("n2"))
        #expect(try await ground.talk("n2", to: ground.address("n1")) == .data)
        if byItself { try await ground.succeed(.heal, cut) } else { _ = try await ground.healAll() }
        try await ground.succeed(.verifyHealed, cut)
        #expect(try await ground.clientTalks("n1"))
      }

      let reset = ground.fault(.resetConnections, of: ["n1"])
      let refused = try await ground.run(.inject, reset)["n1"]
      #expect(refused?.status == 3 && refused?.errors.contains("no connection") == true)
      try await liveWhileReading(ground, reset, from: "n2")

      try await live(ground, ground.fault(.bandwidth, ["kilobits": .integer(64)], of: ["n1"])) {
        () async throws in
        // 24 kB less the burst of 8 are 16 at 8 a second; to where it is not narrow they are there at once.
        for address in [ground.address("n2"), ground.address6("n2")] {
          #expect(try await ground.secondsToSend(24_000, from: "n1", to: "n2", at: address) > 1.5)
        }
        let back = try await ground.secondsToSend(
          24_000, from: "n2", to: "n1", at: ground.address("n1"))
        #expect(back < 1.5)
      }
    }
  }

  /// The fault of `reset-connections` needs an open connection each time.
  private func liveWhileReading(
    _ ground: Ground, _ fault: ChosenFault, from: String
  ) async throws {
    let address = ground.address(from)
    for heal in 0..<2 {
      let reader =
        "perl -MIO::Socket::IP -e '$s=IO::Socket::IP->new(PeerHost=>\"\(address)\",PeerPort=>7000); "
        + "print while <$s>' >/dev/null 2>&1 </dev/null"
      _ = try await ground.lab.text(
        "n1", "setsid \(reader) & echo $! > /run/reader; sleep 0.3; kill -0 $(cat /run/reader)")
      try await ground.succeed(.inject, fault)
      try await ground.succeed(.verify, fault)
      #expect(try await ground.lab.on("n1", "sleep 0.3; kill -0 $(cat /run/reader)").status != 0)
      #expect(try await ground.talk("n1", to: address) == .data)
      if heal == 0 {
        try await ground.succeed(.heal, fault)
      } else {
        _ = try await ground.healAll()
      }
      try await ground.succeed(.verifyHealed, fault)
    }
  }

  /// One node without nft, one where the kernel does not take what nft says, one without iptables.
  @Test func anyPacketFilterWillDo() async throws {
    try await Ground.with { ground in
      let lacks = [
        "n1": "rm /usr/sbin/nft", "n2": "printf '#!/bin/sh\\nexit 1\\n' > /usr/sbin/nft",
        "n3": "rm /usr/sbin/iptables* /usr/sbin/ip6tables*",
      ]
      for (node, lack) in lacks {
        _ = try await ground.lab.text(node, lack)
        #expect(try await ground.lab.on(node, Firewall.need.test).status == 0)
      }
      for packets in ["drop", "reset"] {
        let fault = try ground.shaped(.partition, .one, ["packets": .string(packets)])
        try await live(ground, fault) { () async throws in
          #expect(try await ground.talk("n1", to: ground.address("n2")) == .noConnection)
          #expect(try await ground.talk("n3", to: ground.address6("n1")) == .noConnection)
          #expect(try await ground.talk("n2", to: ground.address("n3")) == .data)
        }
      }
      try await live(ground, try ground.shaped(.loss, .one)) {}
      try await live(ground, try ground.shaped(.flapping, .link, ["period": .integer(1500)])) {}
    }
  }

  // MARK: Processes

  @Test func processesAreHarmedAndRunAgain() async throws {
    try await Ground.with { ground in
      for kind in [FaultKind.kill, .terminate] {
        var pid = try await ground.pid("n2")
        try await live(ground, ground.fault(kind, of: ["n2"])) { () async throws in
          #expect(try await ground.state("n2", pid) == "")
          #expect(try await ground.talk("n1", to: ground.address("n2")) == .noConnection)
          #expect(try await ground.talk("n1", to: ground.address("n3")) == .data)
        }
        pid = try await ground.pid("n2")
        #expect(try await ground.talk("n1", to: ground.address("n2")) == .data)
      }
      let pid = try await ground.pid("n2")
      try await live(ground, ground.fault(.pause, of: ["n2"])) { () async throws in
        #expect(try await ground.state("n2", pid) == "T")
        #expect(try await ground.talk("n1", to: ground.address("n2")) == .silence)
        #expect(try await ground.talk("n2", to: ground.address("n1")) == .data)
      }
      try await live(ground, ground.fault(.freeze, of: ["n2"])) { () async throws in
        #expect(try await ground.talk("n1", to: ground.address("n2")) == .silence)
        #expect(try await ground.state("n2", pid) != "T")
      }
      #expect(try await ground.pid("n2") == pid)
      #expect(try await ground.talk("n1", to: ground.address("n2")) == .data)
    }
  }

  /// What is not a service of systemd is not held down.
  @Test func whatStartsAKilledTargetBeforeTheHealIsTold() async throws {
    try await Ground.with { ground in
      for isStarted in [false, true] {
        let fault = ground.fault(.kill, of: ["n2"])
        try await ground.succeed(.inject, fault)
        try await ground.succeed(.verify, fault)
        if isStarted { _ = try await ground.lab.text("n2", Ground.target.start) }
        let healed = try #require(try await ground.run(.heal, fault)["n2"])
        #expect(healed.status == 0)
        #expect(healed.text.contains("not by us") == isStarted, "\(healed.text)")
        #expect(healed.text.contains("started the target again") != isStarted)
      }
    }
  }

  @Test func restartsAreSeenAndTheDataComesBack() async throws {
    try await Ground.with { ground in
      var pid = try await ground.pid("n2")
      try await live(ground, ground.fault(.restart, of: ["n2", "n3"])) { () async throws in
        #expect(try await ground.pid("n2") != pid)
        #expect(try await ground.state("n2", pid) == "")
        pid = try await ground.pid("n2")
      }
      try await live(ground, ground.fault(.crashLoop, ["period": .integer(300)], of: ["n2"])) {
        () async throws in
        var pids: Set<String> = []
        for _ in 0..<30 where pids.count < 3 {
          pids.insert(try await ground.pid("n2"))
          try await Task.sleep(for: .milliseconds(200))
        }
        #expect(pids.count == 3, "\(pids)")
      }
      let mark = "echo mine > /data/db/mark; chown 7:8 /data/db/mark"
      let look = "stat -c '%u:%g' /data/db/mark && cat /data/db/mark"
      _ = try await ground.lab.text("n2", mark)
      try await live(ground, ground.fault(.restartWiped, of: ["n2"])) { () async throws in
        #expect(try await ground.lab.on("n2", "ls /data/db/mark").status != 0)
        #expect(try await ground.talk("n1", to: ground.address("n2")) == .data)
      }
      #expect(try await ground.lab.text("n2", look) == "7:8\nmine\n")
      try await live(ground, ground.fault(.restartStale, ["age": .integer(2500)], of: ["n2"])) {
        () async throws in
        // Five ticks a second: those of the wait are missing.
        let missing = try await ground.lab.text(
          "n2", "echo $(($(wc -l < /data/.faultline-kept/db/ticks) - $(wc -l < /data/db/ticks)))")
        #expect((Int(missing.split(separator: "\n").joined()) ?? 0) > 0, "\(missing)")
      }
      #expect(try await ground.lab.text("n2", look) == "7:8\nmine\n")
    }
  }

  // MARK: Disks

  private func write(_ ground: Ground, _ node: String, kilobytes: Int = 4) async throws -> String {
    try await ground.lab.text(
      node, "dd if=/dev/zero of=/data/ordinary bs=1k count=\(kilobytes) 2>&1; rm -f /data/ordinary")
  }

  @Test func disksAreHarmedAndWholeAgain() async throws {
    try await Ground.with { ground in
      try await live(ground, ground.fault(.diskFull, of: ["n3"])) { () async throws in
        #expect(try await write(ground, "n3").contains("No space left on device"))
        #expect(!(try await write(ground, "n1").contains("No space")))
      }
      try await live(ground, ground.fault(.diskFull, ["leave": .integer(256)], of: ["n3"])) {
        () async throws in
        #expect(!(try await write(ground, "n3").contains("No space")))
        #expect(try await write(ground, "n3", kilobytes: 1024).contains("No space left on device"))
      }
      try await live(ground, ground.fault(.inodesFull, of: ["n3"])) { () async throws in
        #expect(try await write(ground, "n3").contains("No space left on device"))
        let append =
          "dd if=/dev/zero bs=64k count=16 2>/dev/null >> /data/db/more; ls /data/db/more"
        _ = try await ground.lab.on("n3", append)
        let free = try await ground.lab.text("n3", "df -k --output=avail /data | tail -n 1")
        #expect((Int(free.filter(\.isNumber)) ?? 0) > 1024, "\(free) KiB are free")
      }
      try await live(ground, ground.fault(.readOnly, of: ["n3"])) { () async throws in
        #expect(try await write(ground, "n3").contains("Read-only file system"))
      }
      try await live(ground, ground.fault(.ioError, of: ["n3"])) { () async throws in
        #expect(try await write(ground, "n3").contains("Input/output error"))
        #expect(try await ground.talk("n1", to: ground.address("n3")) == .data)
      }
      #expect(try await ground.lab.text("n3", "tail -n 1 /data/db/fixed") == "1000\n")
      try await live(ground, ground.fault(.diskSlow, ["stall": .integer(1000)], of: ["n3"])) {
        () async throws in
        // One of them meets a stall, whatever the phase is.
        let slowest = try await ground.lab.text(
          "n3",
          """
          for i in 1 2 3 4; do
            read -r a _ < /proc/uptime
            dd if=/dev/zero of=/data/late bs=4k count=1 conv=fsync 2>/dev/null; rm /data/late
            read -r b _ < /proc/uptime
            echo $((${b%.*}${b#*.} - ${a%.*}${a#*.})); sleep 0.1
          done | sort -n | tail -n 1
          """)
        #expect((Int(slowest.filter(\.isNumber)) ?? 0) >= 30, "\(slowest) hundredths of a second")
      }
      try await live(ground, ground.fault(.diskHang, of: ["n3"])) { () async throws in
        _ = try await ground.lab.text(
          "n3",
          "rm -f /run/late; setsid sh -c 'echo x > /data/late; rm /data/late; : > /run/late' </dev/null >/dev/null 2>&1 & sleep 0.7"
        )
        #expect(try await ground.lab.on("n3", "ls /run/late").status != 0)
      }
      #expect(try await ground.lab.on("n3", "sleep 0.3; ls /run/late").status == 0)
    }
  }

  @Test func thePowerIsCutAndWhatWasNotSyncedIsGone() async throws {
    try await Ground.with { ground in
      // Writes without syncing until it cannot, and notes what was written, as it would tell a client.
      // It has a file open, so that it cannot sleep through the power cut and write on after it.
      let writes = """
        printf kept | dd of=/data/synced conv=fsync 2>/dev/null; mkdir /data/unsynced; sync -f /data
        setsid sh -c 'exec 9</data/synced; i=0; while i=$((i + 1)) && echo x > /data/unsynced/$i; do echo $i > /run/told; sleep 0.02; done' \
          </dev/null >/dev/null 2>&1 & sleep 0.3
        """
      let before = try await ground.snapshots()
      for heals in [true, false] {
        for node in ["n1", "n3"] { _ = try await ground.lab.text(node, writes) }
        let fault = ground.fault(.powerLoss, of: ["n1", "n3"])
        try await ground.succeed(.inject, fault)
        try await ground.succeed(.verify, fault)
        for node in ["n1", "n3"] {
          #expect(try await ground.lab.text(node, "cat /data/synced") == "kept")
          // The journal may have kept the name of the last file by then, but not what is in it.
          let kept = try await ground.lab.text(
            node, "f=/data/unsynced/$(cat /run/told); [ ! -s $f ] || echo $f: $(cat $f)")
          #expect(kept == "", "the last write is there")
          #expect(try await ground.talk("n2", to: ground.address(node)) == .noConnection)
        }
        if heals { try await ground.succeed(.heal, fault) } else { _ = try await ground.healAll() }
        try await ground.succeed(.verifyHealed, fault)
        for node in ["n1", "n3"] {
          _ = try await ground.lab.text(node, "rm -r /data/synced /data/unsynced")
        }
      }
      let after = try await ground.snapshots()
      Ground.expectSame(before, after, "afterwards")
    }
  }

  /// The first inodes of a new file system are in a block that has never been written before.
  @Test func aNewFileSystemIsWholeAfterAPowerLoss() async throws {
    try await Ground.with { ground in
      let anew = """
        \(Ground.target.stop); sleep 0.3
        device=$(cat /etc/faultline/data-device)
        umount /data && mkfs.ext4 -q -F "$device" && mount -o errors=remount-ro "$device" /data
        \(Ground.target.start)
        """
      _ = try await ground.lab.text("n1", anew)
      let fault = ground.fault(.powerLoss, of: ["n1"])
      try await ground.succeed(.inject, fault)
      try await ground.succeed(.verify, fault)
      let made = try await ground.lab.on("n1", "touch /data/new && rm /data/new")
      #expect(made.status == 0, "\(made.text)")
      try await ground.succeed(.heal, fault)
      try await ground.succeed(.verifyHealed, fault)
    }
  }

  @Test func filesAreDamagedAndRepaired() async throws {
    try await Ground.with { ground in
      let compare = "cmp -l /data/db/fixed /run/copy 2>&1 || true"
      _ = try await ground.lab.text("n2", "cp /data/db/fixed /run/copy")
      let pattern: [String: Value] = ["files": .string("db/fix*")]
      for draw in [0, 12_345_678, 999_999_999] {
        let settings = pattern.merging(["draw": .integer(Int64(draw))]) { $1 }
        try await live(ground, ground.fault(.bitFlip, settings, of: ["n2"])) { () async throws in
          let differences = try await ground.lab.text("n2", compare).split(separator: "\n")
          #expect(differences.count == 1, "\(differences)")
          let bytes =
            differences.first?.split(separator: " ").dropFirst()
            .compactMap { Int($0, radix: 8) } ?? []
          #expect(bytes.count == 2 && (bytes[0] ^ bytes[1]).nonzeroBitCount == 1, "\(differences)")
        }
        #expect(try await ground.lab.text("n2", compare) == "")
      }
      try await live(
        ground,
        ground.fault(.truncatedFile, pattern.merging(["bytes": .integer(7)]) { $1 }, of: ["n2"])
      ) { () async throws in
        let sizes = try await ground.lab.text("n2", "stat -c %s /data/db/fixed /run/copy")
        let numbers = sizes.split(separator: "\n").compactMap { Int($0) }
        #expect(numbers.count == 2 && numbers[1] - numbers[0] == 7, "\(sizes)")
      }
      #expect(try await ground.lab.text("n2", compare) == "")
      let torn = ground.fault(
        .tornTail, pattern.merging(["bytes": .integer(7)]) { $1 }, of: ["n2"])
      try await live(ground, torn) { () async throws in
        let ends = try await ground.lab.text(
          "n2",
          """
          [ $(wc -c < /data/db/fixed) -eq $(wc -c < /run/copy) ] || echo another size
          tail -c 8 /data/db/fixed | od -An -tu1
          """)
        #expect(ends == "  57   0   0   0   0   0   0   0\n", "\(ends)")
        #expect(try await ground.run(.inject, torn)["n2"]?.status == 3)
      }
      #expect(try await ground.lab.text("n2", compare) == "")
      // What the target writes on is not repaired behind its back.
      let old = ground.fault(
        .oldFile, ["files": .string("db/ticks"), "age": .integer(1500)], of: ["n2"])
      try await live(ground, old) { () async throws in
        _ = try await ground.lab.text("n2", "sleep 0.5")
      }
      // One that does not change cannot be made old, and is left as it was.
      let fixed = ground.fault(.oldFile, pattern.merging(["age": .integer(100)]) { $1 }, of: ["n2"])
      #expect(try await ground.run(.inject, fixed)["n2"]?.status == 1)
      _ = try await ground.healAll()
      #expect(try await ground.lab.text("n2", compare + "; ls -A /data | grep old || true") == "")
    }
  }

  /// As where the threads of the one that was killed are not all gone.
  @Test func aTargetWhosePortIsStillTakenIsStartedAgain() async throws {
    try await Ground.with { ground in
      let fault = ground.fault(.kill, of: ["n2"])
      try await ground.succeed(.inject, fault)
      try await ground.succeed(.verify, fault)
      _ = try await ground.lab.text(
        "n2",
        """
        setsid perl -MIO::Socket::IP -e '
          my $held = IO::Socket::IP->new(LocalHost => "::", LocalPort => 7000, Listen => 1) or die;
          open(my $file, ">", "/run/taken"); close $file;
          select(undef, undef, undef, 0.5)' </dev/null >/dev/null 2>&1 &
        until [ -e /run/taken ]; do sleep 0.02; done; rm /run/taken
        """)
      try await ground.succeed(.heal, fault)
      try await ground.succeed(.verifyHealed, fault)
      try await ground.waitUntilServing("n2")
    }
  }

  // MARK: Others

  @Test func aFaultOfOnesOwnRunsItsCommands() async throws {
    try await Ground.with { ground in
      let settings: [String: Value] = [
        "called": .string("a file"),
        "inject": .string("echo \"it's on $node\" > /run/own; cp /run/own \"$fault/note\""),
        "verify": .string("cat \"$fault/note\""),
        "heal": .string("rm -f /run/own"), "verify-healed": .string("[ ! -e /run/own ]"),
      ]
      let fault = ground.fault(.custom, settings, of: ["n1"])
      #expect(fault.title == "custom (a file) of n1")
      try await live(ground, fault) { () async throws in
        #expect(try await ground.lab.text("n1", "cat /run/own") == "it's on n1\n")
      }
    }
  }
}
