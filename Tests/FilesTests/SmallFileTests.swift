import Glibc
import Testing

@testable import Files

struct SmallFileTests {
  private func mode(_ path: [UInt8]) -> mode_t {
    var status = stat()
    return (path + [0]).withUnsafeBytes { stat($0.bindMemory(to: CChar.self).baseAddress!, &status) } == 0
      ? status.st_mode & 0o777 : 0
  }

  @Test func `a file is made once, replaced whole, and readable by its owner only`() throws {
    let folder = try TemporaryFolder()
    let path = bytes(folder.path + "/login")
    #expect(SmallFile.create(path, bytes("first")) == 0)
    #expect(SmallFile.create(path, bytes("second")) == EEXIST)
    #expect(SmallFile.read(path) == bytes("first"))
    #expect(SmallFile.replace(path, bytes("third")) == 0)
    #expect(SmallFile.read(path) == bytes("third") && mode(path) == 0o600)
    // What a killed process left in the way is no hindrance.
    #expect(SmallFile.create(path + bytes(".new-\(getpid())"), bytes("left")) == 0)
    #expect(SmallFile.replace(path, bytes("fourth")) == 0)
    #expect(SmallFile.read(path) == bytes("fourth"))
    #expect(folder.allNames() == ["login"])
    #expect(SmallFile.replace(bytes(folder.path + "/missing/login"), bytes("x")) == ENOENT)
  }
}
