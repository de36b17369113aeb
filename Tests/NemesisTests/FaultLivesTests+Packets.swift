import Histories
import TestSupport
import Testing

@testable import Cluster
@testable import Nemesis

/// What arrives at a node that hears the others late, twice or damaged.
extension FaultLivesTests {
  @Test func packetsAreLateDoubledAndDamagedAndWholeAgain() async throws {
    try await Ground.with { ground in
      let addresses = [ground.address("n1"), ground.address6("n1")]

      try await live(ground, try packets(ground, ["delay": 100, "jitter": 20])) { () async throws in
        for address in addresses {
          let received = try await ground.received(400, address)
          #expect(received.numbers.count == 400)
          #expect((received.milliseconds.min() ?? 0) >= 80, "\(received)")
          // There and back.
          #expect(try await ground.connecting("n2", to: address) >= 160)
        }
        try await expectOthersPass(ground)
      }

      try await live(ground, try packets(ground, ["delay": 100, "reorder": 50])) {
        () async throws in
        for address in addresses {
          let numbers = try await ground.received(400, address).numbers
          #expect(numbers.count == 400)
          #expect(zip(numbers, numbers.dropFirst()).contains { $0 > $1 }, "none has overtaken")
        }
      }

      try await live(ground, try packets(ground, ["duplicate": 50])) { () async throws in
        for address in addresses {
          let numbers = try await ground.received(400, address).numbers
          let twice = numbers.count - Set(numbers).count
          #expect(Set(numbers).count == 400)
          #expect((120...280).contains(twice), "\(twice) of 400")
        }
      }

      try await live(ground, try packets(ground, ["corrupt": 30])) { () async throws in
        for address in addresses {
          let (errors, sums) = (try await ground.udpErrors(), try await ground.wrongChecksums())
          let numbers = try await ground.received(400, address).numbers
          let found = try await ground.udpErrors() - errors
          #expect(numbers.count + found == 400, "\(numbers.count) came whole, \(found) damaged")
          // Some have their length damaged, which is looked at before the checksum.
          let wrong = try await ground.wrongChecksums() - sums
          #expect((60...180).contains(wrong), "\(wrong) of 400")
        }
      }
    }
  }

  /// What comes from elsewhere is not queued. The connections of before are still being closed at first.
  private func expectOthersPass(_ ground: Ground) async throws {
    var (before, after) = (0, try await ground.queued("n1"))
    #expect(after > 800)
    for _ in 0..<10 where after > before {
      before = after
      #expect(try await ground.clientTalks("n1"))
      #expect(try await ground.talk("n1", to: ground.address("n1")) == .data)
      #expect(try await ground.talk("n2", to: ground.address("n3")) == .data)
      after = try await ground.queued("n1")
    }
    #expect(after == before)
  }

  /// The queue of a node holds 8192 packets.
  @Test func packetsThatWaitArriveAtTheHealAndTooManyDoNotWait() async throws {
    try await Ground.with { ground in
      for (heals, sent) in [(true, 300), (false, 10_000)] {
        let fault = try packets(ground, ["delay": 60_000])
        try await ground.succeed(.inject, fault)
        try await ground.startReceiving()
        try await ground.send(sent, to: ground.address("n1"))
        let waiting = try await ground.queueLength("n1")
        #expect(sent == 300 ? waiting == 300 : (300...8192).contains(waiting), "\(waiting)")
        if heals { try await ground.succeed(.heal, fault) } else { _ = try await ground.healAll() }
        let numbers = try await ground.endReceiving().numbers
        #expect(Set(numbers).count == sent)
        #expect(numbers.count == sent)
        try await ground.succeed(.verifyHealed, fault)
      }
    }
  }

  @Test func packetsPassWhereTheProgramIsDead() async throws {
    try await Ground.with { ground in
      let before = try await ground.snapshots()
      let fault = try packets(ground, ["delay": 60_000])
      try await ground.succeed(.inject, fault)
      #expect(try await ground.talk("n2", to: ground.address("n1")) == .noConnection)
      for node in ["n1", "n2", "n3"] {
        _ = try await ground.lab.text(
          node,
          "for p in $(grep -lx helper /proc/[0-9]*/comm); do p=${p#/proc/}; kill -KILL ${p%/comm}; done"
        )
      }
      #expect(try await ground.talk("n2", to: ground.address("n1")) == .data)
      #expect(try await ground.talk("n2", to: ground.address6("n1")) == .data)
      for (node, answer) in try await ground.run(.verify, fault) {
        #expect(answer.status == 1 && answer.errors.contains("no packet went"), "\(node)")
      }
      try await ground.succeed(.heal, fault)
      try await ground.succeed(.verifyHealed, fault)
      Ground.expectSame(before, try await ground.snapshots(), "afterwards")
    }
  }

  @Test func packetsThatCannotBeHarmedAreLeftAlone() async throws {
    try await Ground.with { ground in
      let before = try await ground.snapshots()
      for (_, answer) in try await ground.run(.inject, try packets(ground, ["reorder": 50])) {
        #expect(answer.status == 3 && answer.errors.contains("no packet is late"), "\(answer.text)")
      }
      // Another program has the queue.
      try await ground.succeed(.inject, try packets(ground, ["delay": 1]))
      var second = try packets(ground, ["delay": 1])
      second.id = 2
      for (_, answer) in try await ground.run(.inject, second) {
        #expect(
          answer.status == 3 && answer.errors.contains("another program has"), "\(answer.text)")
      }
      #expect(try await ground.healAll().contains("undid 1-packets"))
      // The kernel refuses the program what it needs.
      let refused = "cat >/dev/null; echo \"#!/bin/sh\"; echo \"exit 13\""
      _ = try await ground.lab.text("n1", "echo '\(refused)' > /usr/bin/base64")
      let answer = try await ground.run(.inject, try packets(ground, ["delay": 1]))["n1"]
      #expect(answer?.status == 1 && answer?.errors.contains("error 13") == true)
      #expect(try await ground.healAll().contains("undid 1-packets"))
      Ground.expectSame(before, try await ground.snapshots(), "afterwards")
    }
  }

  /// A kernel without nft_queue refuses this one statement of what is said to nft, and one that has it
  /// takes all.
  @Test func nftKnowsTheQueue() async throws {
    try await Ground.with { ground in
      let fault = try packets(ground, ["delay": 1])
      let script = ground.scripts.script(.inject, of: fault, on: ground.node("n1")).body
      let parts = script.split(separator: "said\" <<RULES\n", maxSplits: 1)
      let rules = try #require(parts.last?.split(separator: "\nRULES\n", maxSplits: 1).first)
      let nft = "remaining=60; nft -c -f - <<RULES 2>&1\n"
      let said = try await ground.lab.on("n1", "\(nft)\(rules)\nRULES")
      let errors = said.output.split(separator: "\n").filter { $0.contains("Error:") }
      #expect((said.status == 0) == errors.isEmpty, "\(said.text)")
      #expect(
        errors.allSatisfy { $0.hasSuffix("Could not process rule: No such file or directory") })
      let lines = rules.split(separator: "\n")
      let others = lines.filter { !$0.contains("queue num 64023 bypass") }
      #expect(others.count + 4 == lines.count, "both addresses of two nodes")
      let rest = try await ground.lab.on("n1", "\(nft)\(others.joined(separator: "\n"))\nRULES")
      #expect(rest.status == 0, "\(rest.text)")
    }
  }

  /// Between the first node and the others; what is not set harms nothing.
  private func packets(_ ground: Ground, _ settings: [String: Int64]) throws -> ChosenFault {
    let given = settings.merging(["delay": 0, "jitter": 0]) { given, _ in given }
    return try ground.shaped(.packets, .one, given.mapValues { .integer($0) })
  }
}

/// Datagrams in the order of their arrival.
private struct Received {
  var numbers: [Int] = []
  /// How long each took, by the clock that all nodes of a lab share.
  var milliseconds: [Int] = []
}

extension Ground {
  /// Sends numbered datagrams from the second node to an address of the first, and gives what arrives.
  fileprivate func received(_ count: Int, _ address: String) async throws -> Received {
    try await startReceiving()
    try await send(count, to: address)
    _ = try await lab.text("n1", "sleep 1")
    return try await endReceiving()
  }

  fileprivate func startReceiving() async throws {
    let receiver = """
      use IO::Socket::IP; use Time::HiRes qw(clock_gettime);
      $s = IO::Socket::IP->new(LocalHost => "::", LocalPort => 7001, Proto => "udp", V6Only => 0) or die $@;
      setsockopt($s, 1, 33, pack("i", 1 << 26)) or die $!;
      open(F, ">", "/run/received.part"); rename("/run/received.part", "/run/received"); F->autoflush(1);
      while (1) {
        $s->recv($b, 2000);
        ($n, $t) = split(" ", $b);
        print F "$n ", int((clock_gettime(1) - $t) * 1000), "\\n";
      }
      """
    _ = try await lab.text(
      "n1",
      """
      rm -f /run/received
      setsid perl -e '\(receiver)' </dev/null >/dev/null 2>&1 & echo $! > /run/receiver
      until [ -e /run/received ]; do kill -0 $! || exit 1; sleep 0.05; done
      """)
  }

  fileprivate func endReceiving() async throws -> Received {
    let lines = try await lab.text(
      "n1",
      """
      before=
      until [ "$(wc -l < /run/received)" = "$before" ]; do before=$(wc -l < /run/received); sleep 0.5; done
      kill -KILL "$(cat /run/receiver)"; cat /run/received; rm /run/receiver /run/received
      """)
    var received = Received()
    for line in lines.split(separator: "\n") {
      let fields = line.split(separator: " ").compactMap { Int($0) }
      guard fields.count == 2 else { throw TestFailure("received: \(line)") }
      received.numbers.append(fields[0])
      received.milliseconds.append(fields[1])
    }
    return received
  }

  fileprivate func send(_ count: Int, to address: String) async throws {
    let sender = """
      use IO::Socket::IP; use Time::HiRes qw(clock_gettime);
      $s = IO::Socket::IP->new(PeerHost => "\(address)", PeerPort => 7001, Proto => "udp") or die $@;
      for (1..\(count)) {
        $s->send(join(" ", $_, clock_gettime(1), "x" x 500));
        select(undef, undef, undef, 0.002) if \(count) < 1000 || $_ % 100 == 0;
      }
      """
    _ = try await lab.text("n2", "exec perl -e '\(sender)'")
  }

  /// How many milliseconds it takes a node to connect.
  fileprivate func connecting(_ node: String, to address: String) async throws -> Int {
    let client = """
      use IO::Socket::IP; use Time::HiRes qw(clock_gettime);
      $t = clock_gettime(1);
      IO::Socket::IP->new(PeerHost => "\(address)", PeerPort => 7000) or die $@;
      print int((clock_gettime(1) - $t) * 1000);
      """
    let said = try await lab.text(node, "exec perl -e '\(client)'")
    guard let milliseconds = Int(said) else { throw TestFailure(said) }
    return milliseconds
  }

  /// What the kernel tells of the queue of a node: how many packets wait in it.
  fileprivate func queueLength(_ node: String) async throws -> Int {
    try await queue(node, column: 2)
  }

  /// How many packets have gone through it.
  fileprivate func queued(_ node: String) async throws -> Int { try await queue(node, column: 7) }

  private func queue(_ node: String, column: Int) async throws -> Int {
    let table = try await lab.text(node, "cat /proc/net/netfilter/nfnetlink_queue")
    let fields = table.split(separator: "\n").joined().split(separator: " ")
    guard fields.count == 9, let value = Int(fields[column]) else { throw TestFailure(table) }
    return value
  }

  /// How many datagrams the kernel of the first node has thrown away as damaged.
  fileprivate func udpErrors() async throws -> Int { try await udp("InErrors") }

  /// And how many of them because of their checksum.
  fileprivate func wrongChecksums() async throws -> Int { try await udp("InCsumErrors") }

  /// Of IPv4 and IPv6 together.
  private func udp(_ counter: String) async throws -> Int {
    let all = try await lab.text("n1", "grep '^Udp:' /proc/net/snmp; grep '^Udp6' /proc/net/snmp6")
    let lines = all.split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace) }
    guard let column = lines[0].firstIndex(where: { $0 == counter }),
      let version4 = Int(lines[1][column]),
      let version6 = lines.first(where: { $0[0] == "Udp6\(counter)" }).flatMap({ Int($0[1]) })
    else { throw TestFailure(all) }
    return version4 + version6
  }
}
