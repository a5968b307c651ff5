import ObjectStorage
import Primitives

/// 3: order and completeness of listings.
extension StoreConformance {
  /// Names whose order differs between bytes, characters and folders.
  private static let trickyNames = [
    "a", "a!", "a-b", "a.b", "b/c", "b/d/e", "b/d/f", "b-", "b0", "B", "Z", "_", "~", "é", "e\u{301}", "z/1", "z/10", "z/2",
    "z!", "zz", "日本", "😀", "ａ",
  ]

  /// Writes those of `names` that the store can hold beside each other, and gives their keys in the order of a listing.
  private static func fill(_ context: CheckContext, _ names: [String] = trickyNames) async throws -> [ObjectKey] {
    let rules = context.capabilities.names
    let keys = try names.map { try context.key($0) }.filter { key in
      // Where case is folded, nothing that a small letter beside it could be.
      rules.allow(key) && !(rules.foldsCase && key.bytes.contains { (0x41...0x5A).contains($0) })
    }
    _ = try await context.concurrently(8) { task in
      for index in stride(from: task, to: keys.count, by: 8) { try await context.write("\(index)", keys[index]) }
    }
    return keys.sorted()
  }

  static let listingChecks = [
    ConformanceCheck(3, "pages come in bytewise order, whatever their size") { context in
      let keys = try await fill(context)
      for size in [nil, 1, 2, 5, 1000] {
        let listed = try await context.entries(nil, ListOptions(pageSize: size)).map(\.key)
        try context.expectEqual(listed, keys, "the listing with pages of \(size.map(String.init) ?? "any size")")
      }
    },
    ConformanceCheck(3, "a listing can begin after any key") { context in
      let keys = try await fill(context)
      for (index, after) in keys.enumerated() {
        let listed = try await context.entries(nil, ListOptions(after: after, pageSize: 3)).map(\.key)
        try context.expectEqual(listed, Array(keys[(index + 1)...]), "the listing after “\(context.name(after))”")
      }
      let absent = try context.key("b/d/ee")
      let listed = try await context.entries(nil, ListOptions(after: absent)).map(\.key)
      try context.expectEqual(listed, keys.filter { $0 > absent }, "the listing after a key that is not there")
    },
    ConformanceCheck(3, "a prefix may end within a name") { context in
      let keys = try await fill(context)
      for text in ["a", "b", "b/", "b/d", "z/1", "é", "nothing"] {
        let prefix = KeyPrefix(trusted: context.folder.bytes + Array(text.utf8))
        let listed = try await context.entries(prefix, ListOptions(pageSize: 2)).map(\.key)
        try context.expectEqual(listed, keys.filter { prefix.matches($0) }, "the listing of the prefix “\(text)”")
      }
    },
    ConformanceCheck(3, "one level folds what lies deeper into its folder") { context in
      _ = try await fill(context, ["b/c", "b/d/e", "b/d/f", "b-", "file", "z/1", "z/y/x"])
      for size in [nil, 1, 2] {
        for (below, files, folders) in [
          ("", ["b-", "file"], ["b/", "z/"]), ("b/", ["b/c"], ["b/d/"]), ("b/d/", ["b/d/e", "b/d/f"], []), ("z/y/", ["z/y/x"], []),
        ] {
          let prefix = KeyPrefix(trusted: context.folder.bytes + Array(below.utf8))
          let pages = try await context.pages(prefix, ListOptions(depth: .oneLevel, pageSize: size))
          let seen = pages.flatMap(\.entries).map { context.name($0.key) }.filter { $0 != below }
          try context.expectEqual(seen, files, "the entries of “\(below)”")
          try context.expectEqual(pages.flatMap(\.folders).map { context.name($0) }, folders, "the folders of “\(below)”")
        }
      }
    },
    ConformanceCheck(3, "pruned folders hide nothing else") { context in
      let keys = try await fill(context)
      let pruned = try context.key("b/d/")
      let listed = try await context.entries(nil, ListOptions(pageSize: 4, prune: { $0 == pruned })).map(\.key)
      try context.expectEqual(
        listed.filter { !$0.isBelow(pruned) }, keys.filter { !$0.isBelow(pruned) }, "the listing beside the pruned folder")
    },
    ConformanceCheck(3, "split hints change nothing in a listing") { context in
      let keys = try await fill(context)
      let hints = [keys[2], try context.key("b/d/"), keys[9], keys[9], try context.key("zzz/not/there")]
      for size in [nil, 3] {
        let listed = try await context.entries(nil, ListOptions(pageSize: size, splitHints: hints)).map(\.key)
        try context.expectEqual(listed, keys, "the listing with hints")
      }
    },
    ConformanceCheck(3, "a listing of more than a page of a service is complete") { context in
      let names = (0..<1050).map { "\($0 % 7)/\($0)" }
      let keys = try await fill(context, names)
      let listed = try await context.entries().map(\.key)
      try context.expectEqual(listed.count, keys.count, "the number of listed objects")
      try context.expect(listed == keys, "the listing has other keys than were written")
      _ = try await context.store.delete(keys.map { DeleteTarget($0) })
    },
    ConformanceCheck(3, "what stays throughout is in every listing beside writers") { context in
      let keys = try await fill(context)
      let missing = try await context.concurrently(3) { task -> ObjectKey? in
        for round in 0..<5 {
          if task == 0 {
            let passing = try context.key("m\(round)")
            try await context.write("x", passing)
            _ = try await context.store.delete([DeleteTarget(passing)])
          } else {
            let listed = Set(try await context.entries(nil, ListOptions(pageSize: 3)).map(\.key))
            if let lost = keys.first(where: { !listed.contains($0) }) { return lost }
          }
        }
        return nil
      }
      for key in missing.compactMap({ $0 }) { throw context.fail("“\(context.name(key))” was missing from a listing") }
    },
    ConformanceCheck(3, "an empty place lists nothing") { context in
      try context.expectEqual(try await context.entries().count, 0, "the number of entries of an empty folder")
      try context.expectEqual(
        try await context.pages(KeyPrefix(folder: try context.key("no/such/folder/"))).flatMap(\.entries).count, 0,
        "the number of entries of a folder that is not there")
    },
  ]
}
