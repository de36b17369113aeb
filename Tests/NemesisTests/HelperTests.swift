import FoundationEssentials
import TestSupport
import Testing

/// What is uploaded to nodes is what its source says.
struct HelperTests {
  @Test func theStoredProgramsAreThoseThatTheSourceGives() async throws {
    let scratch = try Scratch()
    let made = try await program([
      "make", "--no-print-directory", "-C", repository, "helper", "HELPER=\(scratch.path)/",
    ])
    #expect(made.status == 0, "\(made.text)")
    for processor in ["x86_64", "aarch64"] {
      let stored = FileManager.default.contents(
        atPath: "\(repository)/Sources/Nemesis/Helper/helper.\(processor)")
      #expect(stored != nil)
      #expect(FileManager.default.contents(atPath: scratch.path + "/helper.\(processor)") == stored)
    }
  }
}
