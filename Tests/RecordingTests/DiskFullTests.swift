import Glibc
import Histories
import Testing

@testable import Recording

/// A tmpfs of 64 KiB on a directory of its own.
private final class TinyDisk {
  let directory: TemporaryDirectory
  var path: String { directory.path }

  init() throws {
    directory = try TemporaryDirectory()
    guard mount("tmpfs", directory.path, "tmpfs", 0, "size=64k") == 0 else {
      throw POSIXFailure("mount")
    }
  }

  deinit { umount2(directory.path, Int32(MNT_DETACH)) }
}

@Suite(.enabled(if: geteuid() == 0, "mounting a small file system needs root"))
struct DiskFullTests {
  @Test func aFullDiskStopsEveryThreadAndKeepsWholeLines() async throws {
    let disk = try TinyDisk()
    let path = disk.path + "/h.jsonl"
    let recorder = try Recorder(path: path, header: [:])
    let expected = RecorderError(path: path, action: "write", code: ENOSPC)
    await runThreads(10) { process in
      let error = #expect(throws: RecorderError.self) {
        for n in 0..<10_000 {
          try recorder.invoke(process: process, f: "w", value: .integer(Int64(n)))
          try recorder.complete(process: process, f: "w", outcome: .ok(.integer(Int64(n))))
        }
      }
      #expect(error == expected)
    }
    #expect(recorder.failure == expected)
    #expect(throws: expected) { try recorder.annotate(f: "heal") }
    #expect(throws: expected) { try recorder.complete(process: 0, f: "w", outcome: .ok(nil)) }
    let (lines, partial) = try readLines(path)
    #expect(partial.isEmpty)
    #expect(lines.count > 100)
    #expect(lines.map(\.index) == Array(0..<lines.count))
  }

  @Test func aCompletionThatCannotBeFlushedIsNoticed() throws {
    let disk = try TinyDisk()
    let recorder = try Recorder(path: disk.path + "/h.jsonl", header: [:])
    let filler = open(disk.path + "/filler", O_WRONLY | O_CREAT, 0o600)
    defer { close(filler) }
    let page = [UInt8](repeating: 0, count: 4096)
    while write(filler, page, page.count) > 0 {}
    // The header's page has room; what is larger than a page has not.
    let long = Value.string(String(repeating: "x", count: 5000))
    try recorder.complete(process: 0, f: "r", outcome: .ok(long))
    var waited = 0
    while recorder.failure == nil && waited < 2000 {
      usleep(1000)
      waited += 1
    }
    #expect(recorder.failure?.code == ENOSPC)
    #expect(throws: RecorderError.self) { try recorder.close() }
    let (lines, partial) = try readLines(disk.path + "/h.jsonl")
    #expect(lines.isEmpty && partial.isEmpty)
  }
}
