import Configuration
import Testing

/// Stores that lie over others.
struct StoreBaseTests {
  private let bucket = "  bucket: {type: s3, bucket: b}\n"

  private func stores(_ lines: String...) -> String { "stores:\n" + bucket + lines.map { "  \($0)\n" }.joined() }

  @Test func `a store lies over one that is named, or described in place`() throws {
    let settings = try configuration(
      stores(
        "early: {type: compress, over: late, level: 9}", "late: {type: local, path: /x}",
        "part: {type: compress, over: \"bucket:files/2026\"}",
        "whole: {type: compress, over: {type: s3, bucket: c, region: eu-west-1}}"))
    #expect(settings.stores.map(\.name) == ["bucket", "early", "late", "part", "whole"])
    #expect(settings.store(named: "bucket")?.over == nil)
    #expect(settings.store(named: "early")?.over == .named("late", .root))
    #expect(settings.store(named: "early")?.values.count("level") == 9)
    #expect(settings.store(named: "part")?.over == .named("bucket", try EndPrefix("files/2026".utf8)))
    guard case .settings(let inner) = settings.store(named: "whole")?.over else {
      Issue.record("nothing in place")
      return
    }
    #expect(inner.name == "whole" && inner.type == .s3 && inner.values.text("region") == "eu-west-1")
  }

  @Test func `what is shown is a configuration that says the same`() throws {
    let settings = try configuration(
      stores("part: {type: compress, over: \"bucket:a\", level: 1}", "whole: {type: compress, over: {type: local, path: /y}}"))
    let again = try configuration(settings.redactedYAML)
    #expect(again.redactedYAML == settings.redactedYAML)
    #expect(again.store(named: "part")?.over == .named("bucket", try EndPrefix("a".utf8)))
    guard case .settings(let inner) = again.store(named: "whole")?.over else {
      Issue.record("nothing in place")
      return
    }
    #expect(inner.type == .local && inner.values.text("path") == "/y")
  }

  @Test func `a store over itself is refused, however long the way`() {
    for lines in [
      ["a: {type: compress, over: a}"], ["a: {type: compress, over: \"a:x\"}"],
      ["a: {type: compress, over: b}", "b: {type: compress, over: a}"],
    ] {
      let found = problems("stores:\n" + lines.map { "  \($0)\n" }.joined())
      #expect(
        found.count == lines.count && found.allSatisfy { $0.contains("itself") || $0.contains("compressed already") }, "\(found)")
    }
    let own = problems("stores:\n  a: {type: compress, over: a}\n")
    #expect(own.first?.contains("stores.a.over") == true && own.first?.contains("a → a") == true, "\(own)")
  }

  @Test func `what is wrong with the store below is said`() {
    for (line, word) in [
      ("a: {type: compress}", "“over” is missing"), ("a: {type: compress, over: buket}", "did you mean “bucket”?"),
      ("a: {type: compress, over: [bucket]}", "is a list"), ("a: {type: compress, over: \"bucket:../x\"}", "NAME:FOLDER"),
      ("a: {type: compress, over: /tmp}", "NAME:FOLDER"), ("a: {type: compress, over: {type: s3}}", "“bucket” is missing"),
      ("a: {type: compress, over: {type: tape}}", "must be one of"),
      ("a: {type: compress, over: bucket, level: 20}", "from 1 to 19"),
      ("a: {type: compress, over: {type: compress, over: bucket}}", "compressed already"),
      ("a: {type: local, path: /x, over: bucket}", "unknown key"),
    ] {
      let found = problems(stores(line))
      #expect(found.count == 1 && found[0].contains(word), "\(line): \(found)")
    }
  }
}
