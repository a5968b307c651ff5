import Glibc
import LocalStorage
import ObjectStorage
import StoreTesting
import Testing

/// The folder store over the file systems at hand: the one of `/tmp`, and memory's where there is one.
@Suite struct LocalConformance {
  private static func folder(_ name: String, in parent: String, _ options: LocalOptions) -> StoreUnderTest {
    StoreUnderTest(
      name,
      cleanUp: { store in
        if let store = store as? LocalStore { removeTree(String(decoding: store.rootPath, as: UTF8.self)) }
      },
      make: {
        var template = Array("\(parent)/isobar-conformance-XXXXXX".utf8CString)
        let path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
        return try LocalStore.open(path: Array(path.utf8), options: options)
      })
  }

  private static func removeTree(_ path: String) {
    if let folder = opendir(path) {
      while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
          String(cString: bytes.assumingMemoryBound(to: CChar.self).baseAddress!)
        }
        if name == "." || name == ".." { continue }
        if entry.pointee.d_type == 4 { removeTree("\(path)/\(name)") } else { unlink("\(path)/\(name)") }
      }
      closedir(folder)
    }
    rmdir(path)
  }

  static let stores: [StoreUnderTest] = {
    var stores = [
      folder("local", in: "/tmp", LocalOptions()),
      folder("local with links as files", in: "/tmp", LocalOptions(links: .asLinkFiles)),
      folder("local that follows links", in: "/tmp", LocalOptions(links: .follow, preserveMode: false, metadataAttributes: false)),
      folder("local that syncs every write", in: "/tmp", LocalOptions(durability: .everyWrite)),
    ]
    if access("/dev/shm", W_OK) == 0 { stores.append(folder("local in memory", in: "/dev/shm", LocalOptions())) }
    return stores
  }()

  @Test(.serialized, arguments: stores, StoreConformance.checks)
  func `a folder keeps every guarantee`(_ store: StoreUnderTest, _ check: ConformanceCheck) async throws {
    let outcome = try await StoreConformance.run(check, on: store)
    if store.name == "local", case .notApplicable(let reason) = outcome {
      #expect(check.guarantee == 13 || check.guarantee == 7, "\(reason)")
    }
  }
}
