/// The text of `node.sh` on a node, of which those functions can be shown that scripts call.
public struct NodeLibrary: Sendable {
  /// A function, or a line that belongs to none.
  private struct Part {
    var name: String?
    var text: String
  }

  private var parts: [Part] = []

  /// The library that `NodeState.remember` writes.
  public init(_ target: Target, on node: Node, among nodes: [Node]) {
    let text = NodeState.functions + target.functions(on: node, among: nodes)
    var closing: Substring?
    // Every line ends, the last one too.
    for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
      if closing == nil {
        let head = Self.head(of: line)
        parts.append(Part(name: head?.name, text: "\(line)\n"))
        closing = head.flatMap { line.hasSuffix($0.closing) ? nil : $0.closing }
      } else {
        parts[parts.count - 1].text += "\(line)\n"
        if line == closing { closing = nil }
      }
    }
  }

  /// The name of the function that a line begins, and what ends it.
  private static func head(of line: Substring) -> (name: String, closing: Substring)? {
    for (opening, closing) in [("() {", "}"), ("() (", ")")] {
      guard let range = line.firstRange(of: opening) else { continue }
      let name = line[..<range.lowerBound]
      if name.allSatisfy({ $0.isLetter || $0 == "_" }) { return (String(name), Substring(closing)) }
    }
    return nil
  }

  /// The library without the functions that these scripts call neither themselves nor by others.
  public func called(by scripts: [String]) -> String {
    let functions = Dictionary(grouping: parts) { $0.name }.mapValues { $0.map(\.text) }
    var called: Set<String?> = [nil]
    var unread = scripts + functions[nil, default: []]
    while let text = unread.popLast() {
      for name in Self.commands(in: text) {
        guard let texts = functions[name], called.insert(name).inserted else { continue }
        unread += texts
      }
    }
    return parts.filter { called.contains($0.name) }.map(\.text).joined()
  }

  /// The words that stand where a command does: their arguments may be the names of functions, too.
  private static func commands(in script: String) -> Set<String> {
    let pieces = script.split { $0.isNewline || ";|&(){}!`".contains($0) }
    return Set(
      pieces.compactMap { piece in
        piece.split(separator: " ").first { !keywords.contains($0) && !$0.contains("=") }
      }.map { String($0) })
  }

  private static let keywords: Set<Substring> = [
    "if", "then", "else", "elif", "while", "until", "do", "trap",
  ]
}
