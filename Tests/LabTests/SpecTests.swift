import Testing

@testable import Lab

@Suite("What a lab may be")
struct SpecTests {
  @Test(arguments: [
    "", "-a", "a/b", "..", "A", "ä", "a b", "a\n", String(repeating: "a", count: 33),
  ])
  func badNamesAreRefused(name: String) {
    #expect(throws: LabError.invalidName(name)) { try LabSpec(name: name).validate() }
    #expect(throws: LabError.self) { try LocalLab.find(name) }
  }

  @Test(arguments: ["a", "5", "ci-17", String(repeating: "a", count: 32)])
  func goodNamesAreTaken(name: String) throws {
    try LabSpec(name: name).validate()
  }

  @Test(arguments: [(0, 256 << 20), (65, 256 << 20), (-1, 256 << 20), (5, 0), (5, 1 << 20)])
  func sizesOutOfRangeAreRefused(nodes: Int, disk: Int) {
    #expect(throws: LabError.self) {
      try LabSpec(nodes: nodes, diskBytes: Int64(disk)).validate()
    }
  }

  @Test func missingToolsAreListedWithTheirPackages() {
    let missing = Preflight.missing(searchPath: "/nowhere")
    let text = LabError.missingTools(missing).description
    for word in ["sshd", "openssh-server", "tini", "iptables", "mkfs.ext4", "e2fsprogs"] {
      #expect(text.contains(word), "\(text)")
    }
  }

  @Test func untrustedTextIsEscapedAndBounded() {
    let text = LabError.noSuchLab("\u{1b}[2Jx\n" + String(repeating: "y", count: 500), existing: [])
      .description
    #expect(text.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value < 127 })
    #expect(text.utf8.count < 200)
  }
}
