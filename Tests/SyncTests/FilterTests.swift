import ObjectStorage
import Primitives
import Testing

@testable import Sync

@Suite struct FilterTests {
  private func excludes(_ patterns: [String], _ path: String) throws -> Bool {
    try Filter(exclude: patterns.compactMap { try IgnorePattern($0) }).excludesName(ObjectKey(path))
  }

  @Test(arguments: [
    ("*.tmp", "a.tmp", true), ("*.tmp", "deep/er/a.tmp", true), ("*.tmp", "a.tmp.txt", false),
    ("/top", "top", true), ("/top", "deep/top", false), ("build/", "build/x", true), ("build/", "a/build/x", true),
    ("build/", "build", false), ("a/b", "a/b", true), ("a/b", "x/a/b", false), ("**/b", "x/a/b", true), ("a/**", "a/x/y", true),
    ("a/**/z", "a/z", true), ("a/**/z", "a/1/2/z", true), ("a/**/z", "a/1/2/y", false), ("?.c", "x.c", true),
    ("?.c", "xy.c", false),
    ("[a-c].c", "b.c", true), ("[!a-c].c", "b.c", false), ("[]x].c", "].c", true), ("foo*bar*baz", "foo__bar__ba_baz", true),
    ("\\*.c", "*.c", true), ("\\*.c", "x.c", false), ("node_modules", "a/node_modules/b/c", true), ("*", "anything", true),
  ])
  func `patterns mean what they mean in gitignore`(pattern: String, path: String, excluded: Bool) throws {
    #expect(try excludes([pattern], path) == excluded)
  }

  @Test func `the last matching pattern decides, but not inside an excluded folder`() throws {
    #expect(try excludes(["*.log", "!keep.log"], "keep.log") == false)
    #expect(try excludes(["*.log", "!keep.log"], "other.log"))
    #expect(try excludes(["logs/", "!logs/keep.log"], "logs/keep.log"))
  }

  @Test func `included files only, wherever they are`() throws {
    let filter = Filter(include: [try #require(try IgnorePattern("*.jpg")), try #require(try IgnorePattern("docs/"))])
    #expect(!filter.excludesName(try ObjectKey("a/b.jpg")))
    #expect(!filter.excludesName(try ObjectKey("docs/any/thing.txt")))
    #expect(filter.excludesName(try ObjectKey("a/b.png")))
    #expect(!filter.prunes(try ObjectKey("a/")))
  }

  @Test func `size and age leave files out`() throws {
    let filter = Filter(minimumSize: 10, maximumSize: 100, notBefore: Timestamp(seconds: 1000))
    func entry(_ size: Int64, _ time: Int64) throws -> ObjectEntry {
      ObjectEntry(key: try ObjectKey("a"), size: size, version: ObjectVersion("1"), modified: Timestamp(seconds: time))
    }
    #expect(filter.excludesContent(try entry(9, 2000)))
    #expect(filter.excludesContent(try entry(101, 2000)))
    #expect(filter.excludesContent(try entry(50, 999)))
    #expect(!filter.excludesContent(try entry(50, 1000)))
  }

  @Test func `Isobar's own folder never takes part`() throws {
    #expect(Filter().excludesName(try ObjectKey(".isobar/trash/x")))
    #expect(Filter().prunes(try ObjectKey(".isobar/trash/")))
    // Of its own only the keys of a store take part, whatever else is left out.
    let own = try ObjectKey(".isobar/")
    #expect(!Filter().prunes(own) && Filter().excludesName(own))
    let jpegs = Filter(
      exclude: [try #require(try IgnorePattern(".*"))], include: [try #require(try IgnorePattern("*.jpg"))])
    #expect(!jpegs.excludesName(Filter.storeKeys) && !jpegs.prunes(own))
  }

  @Test func `nonsense is refused with the reason`() {
    #expect(throws: InvalidPattern.self) { try IgnorePattern("[abc") }
    #expect(throws: InvalidPattern.self) { try IgnorePattern("[z-a]") }
  }

  @Test func `any bytes make a pattern or an error, and matching ends`() throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SeededRandom(seed: seed)
    let alphabet = Array("ab*?[]!/\\-#^. ".utf8) + [0xFF, 0xC3]
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 0...24, using: &random)).map { _ in alphabet.randomElement(using: &random)! }
      let path = (0..<Int.random(in: 1...24, using: &random)).map { _ in alphabet.randomElement(using: &random)! }
      guard let pattern = try? IgnorePattern(text) else { continue }
      _ = pattern.matches(path[...], isFolder: Bool.random(using: &random))
    }
    print("seed \(seed)")
  }
}
