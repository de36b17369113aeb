import Glibc
import Histories
import Reports
import Runner

/// Finds histories by what people name: a file, standard input, or the folder of a stored run.
enum StoredHistory {
  static func path(_ input: String) -> String {
    var status = stat()
    let isFolder = stat(input, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    return isFolder ? RunDirectory(path: input).history : input
  }

  static func read(_ input: String, _ options: InputOptions) throws -> History {
    do throws(HistoryError) {
      let history = try History.read(path: path(input), format: options.inputFormat)
      return options.keyed ? try history.keyedByValues() : history
    } catch {
      throw Failure(error)
    }
  }

  static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "we") else {
      throw Failure(.outputFailure, "cannot write \(path): \(String(cString: strerror(errno)))")
    }
    let bytes = Array(text.utf8)
    let written = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else {
      throw Failure(.outputFailure, "cannot write \(path): \(String(cString: strerror(errno)))")
    }
  }
}
