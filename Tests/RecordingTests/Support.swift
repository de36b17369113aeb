import FoundationEssentials
import Glibc
import Testing

/// A directory of its own that is gone when it ends.
final class TemporaryDirectory {
  let path: String

  init() throws {
    var template = Array("/tmp/faultline-recording-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw POSIXFailure("mkdtemp") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }
}

struct POSIXFailure: Error, CustomStringConvertible {
  let description: String

  init(_ action: String) { description = "\(action): \(String(cString: strerror(errno)))" }
}

/// A line as an independent JSON parser reads it.
struct Line: Decodable, Equatable {
  var index: Int
  var time: Int64
  var process: Int
  var type: String
  var f: String
  var value: Int?
}

func readBytes(_ path: String) throws -> [UInt8] {
  guard let data = FileManager.default.contents(atPath: path) else { throw POSIXFailure(path) }
  return Array(data)
}

/// The whole lines after the header, and what follows the last newline.
func readLines(_ path: String) throws -> (lines: [Line], partial: String) {
  var parts = try readBytes(path).split(separator: 10, omittingEmptySubsequences: false)
  let partial = String(decoding: parts.removeLast(), as: UTF8.self)
  let decoder = JSONDecoder()
  return (try parts.dropFirst().map { try decoder.decode(Line.self, from: Data($0)) }, partial)
}

/// Runs `body` in `count` threads at once and waits for them.
func runThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) async {
  await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
    let join = ThreadJoin(count, body) { continuation.resume() }
    for number in 0..<count { join.start(number) }
  }
}

/// `@unchecked Sendable`: `left` is used under the mutex only.
private final class ThreadJoin: @unchecked Sendable {
  private let body: @Sendable (Int) -> Void
  private let done: @Sendable () -> Void
  private var left: Int
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  init(
    _ count: Int, _ body: @escaping @Sendable (Int) -> Void, _ done: @escaping @Sendable () -> Void
  ) {
    (left, self.body, self.done) = (count, body, done)
    pthread_mutex_init(mutex, nil)
  }

  deinit { mutex.deallocate() }

  func start(_ number: Int) {
    final class Box {
      let run: () -> Void
      init(_ run: @escaping () -> Void) { self.run = run }
    }
    let box = Box { [self] in
      body(number)
      pthread_mutex_lock(mutex)
      left -= 1
      let isLast = left == 0
      pthread_mutex_unlock(mutex)
      if isLast { done() }
    }
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().run() }
        return nil
      }, Unmanaged.passRetained(box).toOpaque())
    precondition(code == 0)
    pthread_detach(thread)
  }
}
