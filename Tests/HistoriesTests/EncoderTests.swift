import Randomness
import Testing

@testable import Histories

@Suite struct EncoderTests {
  @Test func linesLookAsDocumented() {
    var bytes: [UInt8] = []
    EventEncoder.append(
      header: ["seed": .integer(7), "faultline": .integer(99), "a": .null], to: &bytes)
    EventEncoder.append(
      Event(
        index: 1, time: 1_893_220, process: .client(3), type: .ok, f: "write", key: .string("k7"),
        value: .integer(-12), error: .array([]), node: "n2",
        fields: ["z": .bool(true), "b": .double(0.5)], line: 17), to: &bytes)
    EventEncoder.append(
      Event(index: 2, process: .nemesis, type: .info, f: "kill", value: .null), to: &bytes)
    #expect(
      String(decoding: bytes, as: UTF8.self) == #"""
        {"faultline":1,"a":null,"seed":7}
        {"index":1,"time":1893220,"process":3,"type":"ok","f":"write","key":"k7","value":-12,"error":[],"node":"n2","b":0.5,"z":true}
        {"index":2,"process":"nemesis","type":"info","f":"kill","value":null}

        """#)
  }

  @Test(arguments: [0, 7, -7, 10, 99, 100, -100, .max, .min] as [Int64])
  func integers(number: Int64) {
    #expect(Value.integer(number).json == "\(number)")
  }

  @Test func randomEventsSurviveTheRoundTrip() throws {
    let seed: UInt64 = 0xE7E27
    var generator = ValueGenerator(random: SeededRandom(seed: seed))
    var bytes: [UInt8] = []
    var events: [Event] = []
    for index in 0..<1_000 {
      let event = generator.event(index: index * 3)
      EventEncoder.append(event, to: &bytes)
      var expected = event
      expected.line = index + 1
      events.append(expected)
    }
    let lines = try read(bytes)
    #expect(Array(lines.events) == events, "seed \(seed)")
    let array =
      Array("[".utf8) + bytes.dropLast().map { $0 == 0x0A ? UInt8(ascii: ",") : $0 }
      + Array("]".utf8)
    let same = try read(array).events.elementsEqual(events) { read, event in
      var read = read
      read.line = event.line
      return read == event
    }
    #expect(same, "seed \(seed)")
  }

  @Test func numbersThatAreNotFiniteStayReadable() throws {
    #expect(Value.double(.infinity).json == #""inf""#)
    #expect(Value.double(.nan).json == #""nan""#)
  }
}

extension ValueGenerator {
  fileprivate mutating func event(index: Int) -> Event {
    let processes: [ProcessID] = [.client(0), .client(-3), .nemesis, .other(text() + "x")]
    return Event(
      index: index, time: Bool.random(using: &random) ? Int64(bitPattern: random.next()) : nil,
      process: processes[Int.random(in: 0..<processes.count, using: &random)],
      type: EventType.allCases[Int.random(in: 0..<4, using: &random)], f: text(),
      key: optional(), value: optional(), error: optional(),
      node: Bool.random(using: &random) ? text() : nil,
      fields: Bool.random(using: &random) ? ["other" + text(): value()] : [:])
  }

  private mutating func optional() -> Value? { Bool.random(using: &random) ? value() : nil }
}
