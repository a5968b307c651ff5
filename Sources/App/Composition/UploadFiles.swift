import Concurrency
import Crypto
import Files
import ObjectStorage
import Primitives
import S3Storage

/// Notes uploads in parts as small files in the state folder, each with a lock that its process holds for as long as it lives.
struct UploadFiles: S3UploadRecords {
  let folder: [UInt8]

  private static let ending = Array(".upload".utf8)
  private static let lockEnding = Array(".lock".utf8)
  /// Larger than any note: a key, an id and an address.
  private static let largest: Int64 = 64 << 10

  private final class Note: S3UploadNote {
    private let folder: [UInt8]
    private let name: [UInt8]
    private let lock: Lock<FileLock?>

    init(folder: [UInt8], name: [UInt8], lock: FileLock) {
      self.folder = folder
      self.name = name
      self.lock = Lock(lock)
    }

    func letGo() { lock.withLock { $0 = nil } }

    func remove() {
      guard lock.withLock({ $0 != nil }) else { return }
      guard let root = try? ConfinedDirectory.open(folder, create: false) else { return }
      // The note first: a lock without a note is nothing, a note without its lock would be anybody's.
      try? root.remove(name + ending)
      try? root.remove(name + lockEnding)
    }
  }

  func note(_ key: ObjectKey, uploadID: String, content: [UInt8]?, at place: String) -> (any S3UploadNote)? {
    let name = Array(Hex.encode(SHA256.hash(Array("\(place)\n\(uploadID)".utf8)).prefix(16)).utf8)
    let content = Array("\(place)\n\(Hex.encode(key.bytes))\n\(uploadID)\n\(Hex.encode(content ?? []))\n".utf8)
    guard let root = try? ConfinedDirectory.open(folder, create: true),
      let lock = try? FileLock.acquire(folder + [UInt8(ascii: "/")] + name + Self.lockEnding),
      let file = try? root.temporaryFile(beside: name + Self.ending),
      (try? content.withUnsafeBytes { try file.write($0, at: 0) }) != nil,
      (try? file.commit(to: name + Self.ending, mode: .replace, sync: .none)) != nil
    else { return nil }
    return Note(folder: folder, name: name, lock: lock)
  }

  func unfinished(_ key: ObjectKey, content: [UInt8], at place: String) -> (uploadID: String, note: any S3UploadNote)? {
    let found = free(at: place, where: { $0.upload.key == key && $0.content == content })
    for (_, note) in found.dropFirst() { note.letGo() }
    return found.first.map { ($0.found.upload.uploadID, $0.note) }
  }

  func abandoned(at place: String, of key: ObjectKey?) -> [S3AbandonedUpload] {
    free(at: place, where: { key == nil || $0.upload.key == key }).map { found, note in
      S3AbandonedUpload(found.upload, canGoOn: !found.content.isEmpty, note: note)
    }
  }

  private struct Read {
    let upload: UnfinishedUpload
    let content: [UInt8]
  }

  /// The noted uploads that nobody works on, which are this process's from now on.
  private func free(at place: String, where isWanted: (Read) -> Bool) -> [(found: Read, note: any S3UploadNote)] {
    guard let root = try? ConfinedDirectory.open(folder, create: false) else { return [] }
    var found: [(found: Read, note: any S3UploadNote)] = []
    let walk = TreeWalk(root: root, start: [], options: WalkOptions())
    while let entries = try? walk.next(max: 1000), !entries.isEmpty {
      for entry in entries where entry.path.suffix(Self.ending.count) == Self.ending[...] {
        let name = Array(entry.path.dropLast(Self.ending.count))
        guard let read = read(entry.path, place, root), isWanted(read) else { continue }
        // Whoever holds the lock is alive and goes on with it.
        guard let lock = try? FileLock.acquire(folder + [UInt8(ascii: "/")] + name + Self.lockEnding) else { continue }
        found.append((read, Note(folder: folder, name: name, lock: lock)))
      }
    }
    return found
  }

  private func read(_ name: [UInt8], _ place: String, _ root: ConfinedDirectory) -> Read? {
    guard let file = try? root.openForReading(name), let status = try? file.status(), status.size <= Self.largest
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(status.size))
    guard bytes.withUnsafeMutableBytes({ (try? file.read(into: $0, at: 0)) ?? -1 }) == bytes.count else { return nil }
    // Three lines, and a fourth with the content's name where somebody could go on.
    let lines = bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    guard (3...4).contains(lines.count), lines[0] == place, let key = Hex.decode(lines[1]).flatMap({ try? ObjectKey($0) }),
      let content = lines.count == 4 ? Hex.decode(lines[3]) : []
    else { return nil }
    return Read(upload: UnfinishedUpload(key: key, uploadID: lines[2], begun: status.modified), content: content)
  }
}
