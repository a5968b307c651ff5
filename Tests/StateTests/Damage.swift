import Glibc
import SQL
import SyncTesting

/// What happens to the files of a state that nobody is working with.
enum Damage: CaseIterable {
  /// A few bits anywhere in the database, in its first pages, in its log, in the log's index.
  case flippedBits, flippedBitsAtTheStart, flippedBitsInTheLog, flippedBitsInTheLogIndex
  /// A page that was never written, or one written in the place of another.
  case lostPage, misplacedPage
  case truncated, truncatedLog, garbledLog, missingLog, missingLogIndex
  case missing, empty, garbage, missingEpoch, garbledEpoch, everythingMissing
  /// A copy from an earlier run, with and without the log that lies there now; one from the middle of a run.
  case olderCopy, olderCopyUnderTheLog, copyFromTheMiddle
  case anotherPairs, newerSchema, anotherProgram
}

extension DamagedWorld {
  /// Copies of the state's files.
  typealias Copy = [String: [UInt8]]

  static let suffixes = ["db", "db-wal", "db-shm"]

  func copy() -> Copy {
    Dictionary(uniqueKeysWithValues: Self.suffixes.compactMap { suffix in Files.read(file(suffix)).map { (suffix, $0) } })
  }

  func put(back copy: Copy) { for suffix in Self.suffixes { Files.write(copy[suffix], to: file(suffix)) } }

  /// Does the damage.
  /// - Parameters:
  ///   - older: the files after an earlier run.
  ///   - middle: the files as they stood in the middle of the last run.
  func damage(_ damage: Damage, older: Copy, middle: Copy) async throws {
    switch damage {
    case .flippedBits: flip("db")
    case .flippedBitsAtTheStart: flip("db", within: below(2) == 0 ? 100 : 4096)
    case .flippedBitsInTheLog: flip("db-wal")
    case .flippedBitsInTheLogIndex: flip("db-shm")
    case .lostPage: change("db") { bytes, page in for index in page { bytes[index] = 0 } }
    case .misplacedPage:
      change("db") { bytes, page in
        let other = below(bytes.count / page.count) * page.count
        bytes.replaceSubrange(page, with: Array(bytes[other..<other + page.count]))
      }
    case .truncated: truncate("db")
    case .truncatedLog: truncate("db-wal")
    case .garbledLog: change("db-wal") { bytes, page in for index in page { bytes[index] = UInt8(below(256)) } }
    case .missingLog: Files.write(nil, to: file("db-wal"))
    case .missingLogIndex: Files.write(nil, to: file("db-shm"))
    case .missing: for suffix in Self.suffixes { Files.write(nil, to: file(suffix)) }
    case .empty: Files.write([], to: file("db"))
    case .garbage: Files.write((0..<1 + below(20_000)).map { _ in UInt8(below(256)) }, to: file("db"))
    case .missingEpoch: Files.write(nil, to: file("epoch"))
    case .garbledEpoch: flip("epoch")
    case .everythingMissing: _ = systemCommand("rm -rf '\(folder)/state'")
    case .olderCopy: put(back: older)
    case .olderCopyUnderTheLog: Files.write(older["db"], to: file("db"))
    case .copyFromTheMiddle: put(back: middle)
    case .anotherPairs: Files.write(try await anotherPair(), to: file("db"))
    case .newerSchema: try change("PRAGMA user_version=999")
    case .anotherProgram: try change("PRAGMA application_id=77")
    }
  }

  private func flip(_ suffix: String, within limit: Int = .max) {
    guard var bytes = Files.read(file(suffix)), !bytes.isEmpty else { return }
    for _ in 0..<1 + below(4) { bytes[below(min(bytes.count, limit))] ^= 1 << UInt8(below(8)) }
    Files.write(bytes, to: file(suffix))
  }

  private func truncate(_ suffix: String) {
    guard let bytes = Files.read(file(suffix)), !bytes.isEmpty else { return }
    // At a page's end in every second case: what a file system does.
    let length = below(bytes.count)
    Files.write(Array(bytes.prefix(below(2) == 0 ? length : length / 4096 * 4096)), to: file(suffix))
  }

  private func change(_ suffix: String, _ body: (inout [UInt8], Range<Int>) -> Void) {
    guard var bytes = Files.read(file(suffix)), bytes.count >= 4096 else { return }
    let start = below(bytes.count / 4096) * 4096
    body(&bytes, start..<start + 4096)
    Files.write(bytes, to: file(suffix))
  }

  private func change(_ sql: String) throws {
    let database = try Database.open(path: file("db"), options: DatabaseOptions(checksPages: true))
    try database.execute(sql)
    database.close()
  }
}
