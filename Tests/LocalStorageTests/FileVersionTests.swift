import Files
import ObjectStorage
import Primitives
import Testing

@testable import LocalStorage

/// The rule itself, also for file systems that are not at hand.
@Suite struct FileVersionTests {
  private let status = FileStatus(
    kind: .file, size: 5, modified: Timestamp(seconds: 100), changed: Timestamp(seconds: 100), inode: 7, device: 1, mode: 0o644,
    links: 1)

  private func isUnsettled(_ status: FileStatus, lookedAt: Timestamp) -> Bool { FileVersion(looked: lookedAt).isUnsettled(status) }

  @Test func `times in whole seconds settle after three`() {
    #expect(isUnsettled(status, lookedAt: Timestamp(seconds: 100, nanoseconds: 1)))
    #expect(isUnsettled(status, lookedAt: Timestamp(seconds: 103)))
    #expect(!isUnsettled(status, lookedAt: Timestamp(seconds: 103, nanoseconds: 1)))
    #expect(isUnsettled(status, lookedAt: Timestamp(seconds: 50)))
  }

  @Test func `a time that was set is settled at once`() {
    var status = status
    status.modified = Timestamp(seconds: 99, nanoseconds: 999_999_999)
    #expect(!isUnsettled(status, lookedAt: Timestamp(seconds: 100)))
    status.modified = Timestamp(seconds: 200)
    #expect(!isUnsettled(status, lookedAt: Timestamp(seconds: 100)))
  }

  @Test func `every part of the state is in the version`() {
    let versions = FileVersion(looked: Timestamp(seconds: 1000))
    var all: Set<ObjectVersion> = [versions.version(status)]
    let changes: [(inout FileStatus) -> Void] = [
      { $0.size += 1 }, { $0.inode += 1 }, { $0.modified = Timestamp(seconds: 101) }, { $0.changed = Timestamp(seconds: 101) },
      { $0.modified = Timestamp(seconds: 100, nanoseconds: 1) }, { $0.changed = Timestamp(seconds: 100, nanoseconds: 1) },
      { $0.modified = Timestamp(seconds: -100) }, { $0.size = 1 << 40 },
    ]
    for change in changes {
      var other = status
      change(&other)
      all.insert(versions.version(other))
      #expect(!FileVersion.matches(versions.version(status), other))
    }
    #expect(all.count == changes.count + 1)
    #expect(all.allSatisfy { $0.bytes.count == 40 })
  }

  @Test func `a version is only of its own sort`() {
    let version = FileVersion(looked: Timestamp(seconds: 100)).version(status)
    #expect(version.bytes.count == 52)
    #expect(FileVersion.matches(version, status))
    #expect(!FileVersion.matches(ObjectVersion([]), status))
    #expect(!FileVersion.matches(ObjectVersion("an etag"), status))
    var folder = status
    folder.kind = .directory
    #expect(!FileVersion.matches(version, folder))
    #expect(!FileVersion.matches(FileVersion.folder(folder), status))
    #expect(FileVersion.matches(FileVersion.folder(folder), folder))
  }
}
