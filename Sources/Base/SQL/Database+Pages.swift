import CPages
import CSQLite

extension Database {
  /// Whether the pages of the file carry checksums: a file made without `checksPages` has none until `rewriteWithChecksums`.
  public var pagesAreChecked: Bool {
    var isChecked: Int32 = 0
    guard let handle = try? connection() else { return false }
    return sqlite3_file_control(handle, "main", CPAGES_ARE_CHECKED, &isChecked) == SQLITE_OK && isChecked != 0
  }

  /// Gives the pages of a file that was made without checksums theirs. Writes the whole file anew: about a second for 100 MB.
  ///
  /// Done again from the start if the process dies in the middle. Not allowed inside a transaction, and only with `checksPages`.
  public func rewriteWithChecksums() throws {
    try reserveAndVacuum()
    // The file itself must say so before anybody relies on it: a log may be lost.
    try checkpoint(.truncate)
  }

  /// The first half: the new pages may be in the log only.
  func reserveAndVacuum() throws {
    reserveForChecksums()
    try execute("VACUUM")
  }

  /// Asks for room at the end of the pages, for a new file or for the next VACUUM. A file that has it already is left as it is.
  func reserveForChecksums() {
    var count = CPAGES_RESERVED
    guard let handle = try? connection() else { return }
    sqlite3_file_control(handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &count)
  }
}
