extension RemoteShell {
  /// Writes a file on the node. It appears under its name complete or not at all: it is written
  /// beside it, measured, and renamed.
  ///
  /// - Parameters:
  ///   - mode: the permissions, such as `0o755`.
  ///   - privileged: whether root writes it.
  public func upload(
    _ bytes: [UInt8], to path: String, mode: UInt16 = 0o644, privileged: Bool = false,
    timeout: Duration? = nil
  ) async throws(ShellError) {
    let target = ShellQuote.quote(path.first == "-" ? "./" + path : path)
    let script = """
      umask 077
      part=\(target).faultline-$$
      trap 'rm -f "$part"' EXIT
      cat > "$part" || exit
      size=$(wc -c < "$part") || exit
      [ "$size" -eq \(bytes.count) ] || { echo "only $size of \(bytes.count) bytes arrived" >&2; exit 1; }
      chmod \(String(mode, radix: 8)) "$part" && mv -f "$part" \(target)
      """
    try await runSuccessfully(
      .script(script, input: bytes, timeout: timeout, privileged: privileged))
  }

  /// Reads a file of the node.
  ///
  /// - Parameters:
  ///   - limit: the most bytes that are taken; a larger file is an error.
  ///   - privileged: whether root reads it.
  public func download(
    _ path: String, limit: Int = 64 << 20, privileged: Bool = false, timeout: Duration? = nil
  ) async throws(ShellError) -> [UInt8] {
    var command = Command(
      ["head", "-c", String(limit + 1), "--", path], timeout: timeout, privileged: privileged)
    command.outputLimit = limit
    let result = try await runSuccessfully(command)
    guard !result.stdoutTruncated else {
      throw ShellError(endpoint.name, .tooLarge(path: path, limit: limit))
    }
    return result.stdout
  }
}
