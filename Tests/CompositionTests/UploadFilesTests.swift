import ObjectStorage
import S3Storage
import Testing

@testable import Composition

@Suite struct UploadFilesTests {
  private let scratch = Scratch()
  private var files: UploadFiles { UploadFiles(folder: Array("\(scratch.path)/uploads".utf8)) }

  @Test func `edge 42: an upload is abandoned when its process has ended, not before, and once`() throws {
    let key = ObjectKey(trusted: [0x61, 0x0A, 0xFF])
    var note = files.note(key, uploadID: "id with/odd+signs==", content: nil, at: "s3:here")
    #expect(note != nil)
    #expect(files.abandoned(at: "s3:here", of: nil).isEmpty, "it is under way")
    // What a process holds goes with it.
    note = nil
    #expect(files.abandoned(at: "s3:elsewhere", of: nil).isEmpty)
    let found = files.abandoned(at: "s3:here", of: nil)
    #expect(found.map(\.upload.key) == [key])
    #expect(found.map(\.upload.uploadID) == ["id with/odd+signs=="])
    #expect(files.abandoned(at: "s3:here", of: nil).isEmpty, "somebody takes care of it already")
    found.first?.note.remove()
    #expect(files.abandoned(at: "s3:here", of: nil).isEmpty)
  }

  @Test func `an upload that has ended is not noted any more`() throws {
    files.note(ObjectKey(trusted: [0x61]), uploadID: "1", content: nil, at: "s3:here")?.remove()
    #expect(files.abandoned(at: "s3:here", of: nil).isEmpty)
  }

  @Test func `an upload that was let go is gone on with by who has the same content for the same name, once`() throws {
    let key = ObjectKey(trusted: [0x61])
    let note = try #require(files.note(key, uploadID: "1", content: [1, 2, 3], at: "s3:here"))
    #expect(files.unfinished(key, content: [1, 2, 3], at: "s3:here")?.uploadID == nil, "it is under way")
    note.letGo()
    #expect(files.unfinished(key, content: [1, 2], at: "s3:here")?.uploadID == nil)
    #expect(files.unfinished(ObjectKey(trusted: [0x62]), content: [1, 2, 3], at: "s3:here")?.uploadID == nil)
    #expect(files.unfinished(key, content: [1, 2, 3], at: "s3:elsewhere")?.uploadID == nil)
    let found = try #require(files.unfinished(key, content: [1, 2, 3], at: "s3:here"))
    #expect(found.uploadID == "1")
    #expect(files.abandoned(at: "s3:here", of: nil).isEmpty, "it is under way again")
    // Whoever let it go cannot remove what another goes on with.
    note.remove()
    found.note.letGo()
    #expect(files.abandoned(at: "s3:here", of: nil).count == 1)
  }
}
