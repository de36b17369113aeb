import Histories

/// `text` on one line, of at most `limit` characters, escaped for display.
package func printable(_ text: String, limit: Int) -> String { text.shown(limit: limit) }
