internal import Histories

/// Small pieces of HTML. Everything that is not ours goes through `text`.
enum Markup {
  /// Untrusted text for element content and quoted attributes: bounded, one line, escaped.
  static func text(_ string: String, limit: Int = 400) -> String {
    escape(string.shown(limit: limit))
  }

  /// Untrusted text of several lines; each line is bounded and escaped.
  static func block(_ string: String, lines limit: Int = 2000) -> String {
    let lines = string.split(separator: "\n", omittingEmptySubsequences: false)
    let shown = lines.prefix(limit).map { text(String($0), limit: 1000) }
    return shown.joined(separator: "\n") + (lines.count > limit ? "\n…" : "")
  }

  private static func escape(_ string: String) -> String {
    var result = ""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A table; cells are HTML already. Columns named in `numeric` stand to the right.
  static func table(
    _ heads: [String], numeric: Set<Int> = [], caption: String = "", rows: [[String]]
  ) -> String {
    func cells(_ tag: String, _ cells: [String], _ attribute: String = "") -> String {
      cells.enumerated().map { i, cell in
        "<\(tag)\(attribute)\(numeric.contains(i) ? " class=\"n\"" : "")>\(cell)</\(tag)>"
      }.joined()
    }
    let body = rows.map { "<tr>\(cells("td", $0))</tr>" }.joined(separator: "\n")
    let title = caption.isEmpty ? "" : "<caption>\(caption)</caption>"
    return """
      <div class="scroll"><table>\(title)<thead><tr>\(cells("th", heads, " scope=\"col\""))</tr></thead>
      <tbody>\(body)</tbody></table></div>
      """
  }

  /// A section with a heading and a caption that says how to read it.
  static func section(_ id: String, _ title: String, caption: String = "", _ body: String) -> String
  {
    guard !body.isEmpty else { return "" }
    let words = caption.isEmpty ? "" : "<p class=\"caption\">\(caption)</p>\n"
    return "<section id=\"\(id)\" aria-labelledby=\"\(id)-h\">\n<h2 id=\"\(id)-h\">\(title)</h2>\n"
      + "\(words)\(body)\n</section>\n"
  }

  /// Commands to copy, one a line.
  static func commands(_ commands: [String]) -> String {
    let lines = commands.map { "<span class=\"prompt\">$ </span>" + text($0, limit: 600) }
    return "<pre class=\"commands\">\(lines.joined(separator: "\n"))</pre>"
  }
}
