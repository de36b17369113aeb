import Glibc

/// A run's folder: `runs/<name>/<time>/`, with a symbolic link `latest` beside it.
public struct RunDirectory: Sendable {
  /// The folder's path.
  public let path: String

  /// Makes the folder under `root`, and points `latest` at it.
  public init(root: String, name: String, started: String) throws(OutputError) {
    let parent = "\(root)/\(name)"
    try Self.makeFolders(parent)
    var path = "\(parent)/\(started)"
    var attempt = 1
    while mkdir(path, 0o755) != 0 {
      guard errno == EEXIST, attempt < 1000 else { throw OutputError(path: path, code: errno) }
      attempt += 1
      path = "\(parent)/\(started)-\(attempt)"
    }
    self.path = path
    try link(from: "\(parent)/latest")
  }

  /// An existing run.
  public init(path: String) { self.path = path }

  /// Where the history is.
  public var history: String { "\(path)/history.jsonl" }
  /// Where the report is.
  public var report: String { "\(path)/report.html" }
  /// Where the results are.
  public var results: String { "\(path)/results.json" }

  /// Writes a file whole or not at all: beside its place first, then moved there.
  public func write(_ bytes: [UInt8], to name: String) throws(OutputError) {
    let place = "\(path)/\(name)"
    if let slash = name.lastIndex(of: "/") { try Self.makeFolders("\(path)/\(name[..<slash])") }
    let beside = place + ".part"
    let file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw OutputError(path: place, code: errno) }
    var offset = 0
    while offset < bytes.count {
      let count = bytes[offset...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      guard count > 0 else {
        let code = errno
        close(file)
        unlink(beside)
        throw OutputError(path: place, code: code)
      }
      offset += count
    }
    guard close(file) == 0, rename(beside, place) == 0 else {
      throw OutputError(path: place, code: errno)
    }
  }

  /// Writes a text file.
  public func write(_ text: String, to name: String) throws(OutputError) {
    try write(Array(text.utf8), to: name)
  }

  private func link(from latest: String) throws(OutputError) {
    let name = String(path[path.index(after: path.lastIndex(of: "/") ?? path.startIndex)...])
    let beside = "\(latest).\(getpid())"
    guard symlink(name, beside) == 0, rename(beside, latest) == 0 else {
      throw OutputError(path: latest, code: errno)
    }
  }

  static func makeFolders(_ path: String) throws(OutputError) {
    var built = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      built += "/\(part)"
      guard mkdir(built, 0o755) == 0 || errno == EEXIST else {
        throw OutputError(path: path, code: errno)
      }
    }
  }
}

/// A file that cannot be written.
public struct OutputError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file.
  public var path: String
  /// The system's error number.
  public var code: Int32

  /// For people.
  public var description: String { "cannot write \(path): \(String(cString: strerror(code)))" }
}
