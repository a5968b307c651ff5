import Testing
import TextMerge

@Suite struct TextMergeTests {
  static let base = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"

  func merged(_ ancestor: String, _ ours: String, _ theirs: String, _ style: ConflictStyle = .merge) throws -> (String, Bool) {
    let result = try TextMerge.merge(
      ancestor: [UInt8](ancestor.utf8), ours: [UInt8](ours.utf8), theirs: [UInt8](theirs.utf8),
      labels: MergeLabels(ancestor: "before", ours: "left", theirs: "right"), style: style)
    return (String(decoding: result.bytes, as: UTF8.self), result.hasConflicts)
  }

  @Test func `changes in different places are both taken`() throws {
    let result = try merged(
      Self.base, "ONE\ntwo\nthree\nfour\nfive\nsix\nseven\n", "one\ntwo\nthree\nfour\nfive\nsix\nSEVEN\neight\n")
    #expect(result == ("ONE\ntwo\nthree\nfour\nfive\nsix\nSEVEN\neight\n", false))
  }

  @Test func `the same change on both sides is taken once`() throws {
    let changed = "one\n2\nthree\nfour\nfive\nsix\nseven\n"
    #expect(try merged(Self.base, changed, changed) == (changed, false))
  }

  @Test func `a side that did not change yields to the other`() throws {
    #expect(try merged(Self.base, Self.base, "else\n") == ("else\n", false))
    #expect(try merged(Self.base, "else\n", Self.base) == ("else\n", false))
    #expect(try merged(Self.base, Self.base, "") == ("", false))
  }

  @Test func `different changes of one line are a conflict with both sides`() throws {
    let (text, hasConflicts) = try merged("a\nb\nc\n", "a\nx\nc\n", "a\ny\nc\n")
    #expect(hasConflicts)
    #expect(text == "a\n<<<<<<< left\nx\n=======\ny\n>>>>>>> right\nc\n")
  }

  @Test func `the diff3 style shows the ancestor too`() throws {
    let (text, hasConflicts) = try merged("a\nb\nc\n", "a\nx\nc\n", "a\ny\nc\n", .diff3)
    #expect(hasConflicts)
    #expect(text == "a\n<<<<<<< left\nx\n||||||| before\nb\n=======\ny\n>>>>>>> right\nc\n")
  }

  @Test func `a text without ancestor content conflicts unless both are equal`() throws {
    #expect(try merged("", "same\n", "same\n") == ("same\n", false))
    #expect(try merged("", "x\n", "y\n").1)
    #expect(try merged("", "", "") == ("", false))
  }

  @Test func `a missing last newline and bytes that are not UTF-8 are kept`() throws {
    #expect(try merged("a\nb\nc\nd\ne", "A\nb\nc\nd\ne", "a\nb\nc\nd\nE") == ("A\nb\nc\nd\nE", false))
    let result = try TextMerge.merge(ancestor: [0xFF, 0x0A], ours: [0xFF, 0x0A], theirs: [0xFE, 0xFF])
    #expect(result.bytes == [0xFE, 0xFF])
    #expect(!result.hasConflicts)
  }

  @Test func `a label cannot break out of its line`() throws {
    let result = try TextMerge.merge(
      ancestor: [0x61], ours: [0x62], theirs: [0x63], labels: MergeLabels(ours: "l\nx\u{1b}[1m", theirs: "r\r"))
    #expect(result.hasConflicts)
    #expect(String(decoding: result.bytes, as: UTF8.self) == "<<<<<<< l?x?[1m\nb\n=======\nc\n>>>>>>> r?\n")
  }

  @Test func `what is binary or too large is refused`() throws {
    func code(_ body: () throws(TextMergeError) -> MergeResult) -> TextMergeError.Code? {
      do throws(TextMergeError) {
        _ = try body()
        return nil
      } catch {
        return error.code
      }
    }
    let text: [UInt8] = [0x61, 0x0A]
    #expect(code { () throws(TextMergeError) in try TextMerge.merge(ancestor: text, ours: [0x61, 0], theirs: text) } == .binary)
    #expect(code { () throws(TextMergeError) in try TextMerge.merge(ancestor: [0], ours: text, theirs: text) } == .binary)
    let large = [UInt8](repeating: 0x61, count: mergeSizeLimit + 1)
    #expect(code { () throws(TextMergeError) in try TextMerge.merge(ancestor: text, ours: text, theirs: large) } == .tooLarge)
    // A NUL further on is git's business no more.
    let late = [UInt8](repeating: 0x61, count: 8192) + [0, 0x0A]
    #expect(code { () throws(TextMergeError) in try TextMerge.merge(ancestor: late, ours: late, theirs: text) } == nil)
  }

  @Test func `threads merge at the same time`() async {
    await withTaskGroup(of: Bool.self) { group in
      for index in 0..<8 {
        group.addTask {
          let ours = [UInt8]("x\(index)\nb\nc\nd\n".utf8)
          let theirs = [UInt8]("a\nb\nc\ny\(index)\n".utf8)
          let result = try? TextMerge.merge(ancestor: [UInt8]("a\nb\nc\nd\n".utf8), ours: ours, theirs: theirs)
          return result?.bytes == [UInt8]("x\(index)\nb\nc\ny\(index)\n".utf8) && result?.hasConflicts == false
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}
