import ObjectStorage
import Primitives

/// 7: exact names.
extension StoreConformance {
  private static func check(_ name: String, _ names: [String]) -> ConformanceCheck {
    ConformanceCheck(7, name) { context in try await roundTrip(names.map { Array($0.utf8) }, context) }
  }

  /// Writes an object under each name and expects each name, and its content, to come back by itself.
  private static func roundTrip(_ names: [[UInt8]], _ context: CheckContext) async throws {
    var keys: [ObjectKey] = []
    for name in names {
      let key = try context.key(name)
      if context.capabilities.length(of: key.bytes) > context.capabilities.maximumKeyLength { continue }
      if let longest = context.capabilities.maximumNameLength,
        key.bytes.split(separator: UInt8(ascii: "/")).contains(where: { $0.count > longest })
      {
        continue
      }
      try await context.write(name, key)
      keys.append(key)
    }
    try context.require(!keys.isEmpty, "its names are too short")
    try context.expectEqual(try await context.entries().map(\.key), keys.sorted(), "the listed names")
    for key in keys {
      let name = Array(key.bytes.dropFirst(context.folder.bytes.count))
      try context.expect(try await context.bytes(key) == name, "“\(context.name(key))” has the content of another name")
      try context.expectEqual(try await context.store.stat(key).entry.key, key, "the key by stat")
    }
    if context.capabilities.serverSideCopy, let first = keys.first {
      let copy = try context.key("copied")
      _ = try await context.store.copy(first, to: copy, CopyOptions())
      try context.expect(
        try await context.bytes(copy) == Array(first.bytes.dropFirst(context.folder.bytes.count)), "the copy has other content")
      keys.append(copy)
    }
    for outcome in try await context.store.delete(keys.map { DeleteTarget($0) }) {
      try context.expect(
        outcome.error == nil, "deleting “\(context.name(outcome.key))” failed: \(String(describing: outcome.error))")
    }
    try context.expectEqual(try await context.entries().map { context.name($0.key) }, [], "what is left after deleting all")
  }

  static let nameChecks = [
    check("spaces are kept", ["a b", " leading", "trailing ", "two  spaces", " ", "a / b"]),
    check("composed and decomposed spellings are two names", ["é", "e\u{301}", "Å", "A\u{30A}", "\u{212B}", "ﬁ", "fi"]),
    check("scripts and emoji are kept", ["日本語", "Ελληνικά", "العربية", "😀", "👩‍👩‍👧", "ß", "İ", "\u{10FFFF}", "\u{E000}"]),
    check("upper and lower case are two names", ["File", "file", "FILE"]),
    check(
      "newlines and control characters are kept", ["a\nb", "a\tb", "a\rb", "\u{1}", "a\u{1F}b", "\u{7F}", "\u{1B}[31m", "a\r\nb"]),
    check(
      "percent, plus and ampersand are kept",
      ["100%", "%20", "%2F", "a%2fb", "a+b", "a&b", "a=b", "a?b", "a#b", "a;b", "a:b", "&amp;"]),
    check(
      "quotes, brackets and backslashes are kept",
      ["\"", "'", "`", "a\\b", "<a>", "[a]", "{a}", "(a)", "a|b", "*", "~", "^", "$HOME", "!", "@", ",", "]]>"]),
    check("dots are kept", [".hidden", "..hidden", "...", "a.", "a..", "b./c", "..a/b", ".a/.b"]),
    ConformanceCheck(7, "bytes that are no UTF-8 are kept or refused") { context in
      for name in [[0xFF], [0x61, 0xC3], [0xED, 0xA0, 0x80], [0x62, 0xFE, 0x63]] as [[UInt8]] {
        let key = try context.key(name)
        do {
          try await context.write(name, key)
        } catch let error as StorageError where error.code == .invalidArgument {
          try context.expectEqual(try await context.entries().count, 0, "what a refused name left")
          continue
        }
        try context.expectEqual(try await context.entries().map(\.key), [key], "the listed names")
        try context.expect(try await context.bytes(key) == name, "“\(context.name(key))” has other content")
        _ = try await context.store.delete([DeleteTarget(key)])
      }
    },
    ConformanceCheck(7, "long names are kept") { context in
      let long = String(repeating: "n", count: 250)
      try await roundTrip(
        [Array(long.utf8), Array((long.dropLast() + "m").utf8), Array("folder \(long.dropLast(7))/\(long)".utf8)], context)
    },
    ConformanceCheck(7, "keys of 900 bytes are kept") { context in
      let part = String(repeating: "k", count: 99)
      var name = Array(repeating: part, count: 9).joined(separator: "/")
      name.removeLast(max(0, name.utf8.count + context.folder.bytes.count - 900))
      try await roundTrip([Array(name.utf8), Array((name.dropLast() + "j").utf8)], context)
    },
    ConformanceCheck(7, "deep nesting is kept") { context in
      try await roundTrip([Array((Array(repeating: "d", count: 100).joined(separator: "/") + "/file").utf8)], context)
    },
    ConformanceCheck(7, "names that begin alike are told apart") { context in
      try await roundTrip(["a", "a ", "a.", "a.txt", "ab", "a-", "a0"].map { Array($0.utf8) }, context)
    },
    ConformanceCheck(7, "a file beside a folder of its name is kept or refused") { context in
      let (file, inside) = (try context.key("a"), try context.key("a/b"))
      try await context.write("file", file)
      if context.capabilities.realFolders {
        try await context.expectFailure("a file in a folder that is a file") { try await context.write("inside", inside) }
        try context.expectEqual(try await context.text(file), "file", "the content of the file")
        _ = try await context.store.delete([DeleteTarget(file)])
        try await context.write("inside", inside)
        try await context.expectFailure("a file where a folder is") { try await context.write("file", file) }
        try context.expectEqual(try await context.text(inside), "inside", "the content of the file inside")
      } else {
        try await context.write("inside", inside)
        try context.expectEqual(try await context.text(file), "file", "the content of the file")
        try context.expectEqual(try await context.text(inside), "inside", "the content of the file inside")
        try context.expectEqual(try await context.entries().map(\.key), [file, inside], "the listed names")
      }
    },
    ConformanceCheck(7, "a key beyond the limit is refused") { context in
      let length = context.capabilities.maximumKeyLength + 1
      try context.require(length <= ObjectKey.maximumLength, "it takes the longest keys there are")
      let parts = Array(repeating: String(repeating: "l", count: 100), count: length / 101 + 1).joined(separator: "/")
      let key = try context.key(String(parts.prefix(length - context.folder.bytes.count).map { $0 }.dropLast() + ["z"]))
      try await context.expectError(.invalidArgument, from: "a write of a key of \(length) bytes") {
        try await context.write("x", key)
      }
    },
  ]
}
