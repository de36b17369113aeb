import Histories
import Testing

@testable import Clients

@Suite struct ClientKindTests {
  @Test func anUnknownNameListsWhatThereIs() {
    let error = ClientError.unknownClient("redis", known: ["etcd", "noop"])
    #expect(throws: error) { try ClientKind.named("redis") }
    #expect("\(error)".hasSuffix("it is one of etcd, noop"))
  }

  @Test func parametersAreChecked() throws {
    let etcd = try ClientKind.named("etcd")
    let unknown = ClientError.unknownParameter(
      client: "etcd", parameter: "reed", known: ["read", "prefix"])
    #expect(throws: unknown) {
      _ = try etcd.open(address: "n1:2379", parameters: ["reed": .string("serializable")])
    }
    let message = "must be one of linearizable, serializable"
    #expect(
      throws: ClientError.badParameter(client: "etcd", parameter: "read", problem: message)
    ) {
      _ = try etcd.open(address: "n1:2379", parameters: ["read": .string("stale")])
    }
    #expect(
      throws: ClientError.badParameter(
        client: "etcd", parameter: "prefix", problem: "must be a string")
    ) {
      _ = try etcd.open(address: "n1:2379", parameters: ["prefix": .integer(1)])
    }
    let none = ClientError.unknownParameter(client: "noop", parameter: "x", known: [])
    #expect(throws: none) {
      _ = try ClientKind.named("noop").open(address: "", parameters: ["x": .null])
    }
  }

  @Test(arguments: ["", "http://", "ftp://n1", "n1:2379/v3", "n 1", "http://n1\n", "://n1"])
  func anAddressThatIsNoneIsRefused(address: String) throws {
    let etcd = try ClientKind.named("etcd")
    #expect(throws: ClientError.badAddress(address)) { _ = try etcd.open(address: address) }
  }

  @Test(arguments: ["n1:2379", "http://n1:2379/", "https://[fd77::1]:2379"])
  func anAddressMayBeAHostOrAURL(address: String) throws {
    _ = try ClientKind.named("etcd").open(address: address)
  }

  @Test func theNoopClientAnswers() throws {
    let client = try ClientKind.named("noop").open(address: "")
    let write = ClientRequest(f: "write", value: .integer(3))
    #expect(client.invoke(write, timeout: .seconds(1)) == .ok(.integer(3)))
    #expect(client.invoke(ClientRequest(f: "read"), timeout: .seconds(1)) == .ok(nil))
  }
}

@Suite struct Base64Tests {
  /// RFC 4648, section 10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func theVectorsOfTheStandard(plain: String, encoded: String) {
    #expect(Base64.encode(plain.utf8) == encoded)
    #expect(Base64.decode(encoded) == Array(plain.utf8))
  }

  @Test func everyByteComesBack() {
    for length in 0..<9 {
      for first in 0...255 {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: first + 37 * $0) }
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
      }
    }
  }

  @Test(arguments: ["Z", "Zg", "Zg=", "Z===", "====", "Zm9v!", "Zm9v\n", "Z=9v", "Zm9é"])
  func whatIsNoBase64IsRefused(text: String) { #expect(Base64.decode(text) == nil) }
}

@Suite struct ErrorTextTests {
  @Test func aTextIsOneShortLine() {
    #expect(ErrorText.bounded("no leader") == "no leader")
    #expect(ErrorText.bounded("a\r\nb\u{1b}[31m\u{9b}c") == "a  b [31m c")
    let exact = String(repeating: "é", count: ErrorText.limit)
    #expect(ErrorText.bounded(exact) == exact)
    #expect(ErrorText.bounded(exact + "é") == exact + "…")
    #expect(ErrorText.bounded([UInt8](repeating: 0xff, count: 1 << 20)).count == 201)
  }
}
