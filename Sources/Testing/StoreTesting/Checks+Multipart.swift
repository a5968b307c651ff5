import ObjectStorage
import Primitives

/// 13: writes in parts.
extension StoreConformance {
  /// The least that every service takes as a part that is not the last.
  private static let part: Int64 = 5 << 20

  private static func slice(_ pattern: Pattern, _ range: Range<Int64>) -> Payload {
    Payload(
      length: Int64(range.count),
      makeSource: { PatternSource(pattern, range.lowerBound + $0.lowerBound..<range.lowerBound + $0.upperBound) })
  }

  private static func requireMultipart(_ context: CheckContext) throws {
    try context.require(context.capabilities.multipart, "it takes no parts")
  }

  static let multipartChecks = [
    ConformanceCheck(13, "parts sent out of order and again make the object") { context in
      try requireMultipart(context)
      let key = try context.key("parts")
      let (pattern, length) = (Pattern(seed: 131), 2 * part + 1000)
      let upload = try await context.store.startMultipart(key, WriteOptions())
      try context.expect(!upload.uploadID.isEmpty, "the upload has no name")
      try await upload.write(part: 3, slice(pattern, 2 * part..<length))
      try await upload.write(part: 1, slice(Pattern(seed: 999), 0..<part))
      try await upload.write(part: 2, slice(pattern, part..<2 * part))
      try await upload.write(part: 1, slice(pattern, 0..<part))
      try await context.expectMissing(key, "before complete")
      let receipt = try await upload.complete()
      await upload.abort()
      try context.expectEqual(receipt.size, length, "the receipt's size")
      try await context.expectContent(key, pattern, length, "the object")
      try context.expectEqual(try await context.listed(key).version, receipt.version, "the receipt's version")
    },
    ConformanceCheck(13, "an aborted write leaves nothing") { context in
      try requireMultipart(context)
      let key = try context.key("aborted")
      try await context.write("old", key)
      let upload = try await context.store.startMultipart(key, WriteOptions())
      try await upload.write(part: 1, slice(Pattern(seed: 1), 0..<part))
      await upload.abort()
      await upload.abort()
      try context.expectEqual(try await context.text(key), "old", "the content")
      try await context.expectFailure("completing an aborted write") { _ = try await upload.complete() }
      try context.expectEqual(try await context.text(key), "old", "the content")
      try context.expectEqual(try await context.entries().count, 1, "the number of objects")
    },
    ConformanceCheck(13, "a body that throws aborts the write") { context in
      try requireMultipart(context)
      let key = try context.key("thrown")
      do {
        _ = try await context.store.withMultipartWrite(key, WriteOptions()) { upload in
          try await upload.write(part: 1, slice(Pattern(seed: 1), 0..<1000))
          throw BodyFailure()
        }
        throw context.fail("the error of the body was lost")
      } catch is BodyFailure {}
      try await context.expectMissing(key, "after the body threw")
    },
    ConformanceCheck(13, "parts keep the condition until complete") { context in
      try requireMultipart(context)
      try context.require(context.capabilities.ifAbsent >= .checked, "it ignores ifAbsent")
      let key = try context.key("late")
      let upload = try await context.store.startMultipart(key, WriteOptions(condition: .ifAbsent))
      try await upload.write(part: 1, slice(Pattern(seed: 1), 0..<1000))
      try await context.write("meanwhile", key)
      try await context.expectError(.alreadyExists, from: "complete") { _ = try await upload.complete() }
      await upload.abort()
      try context.expectEqual(try await context.text(key), "meanwhile", "the content")
    },
    ConformanceCheck(13, "a part whose source is short or changed is refused") { context in
      try requireMultipart(context)
      let key = try context.key("short part")
      let upload = try await context.store.startMultipart(key, WriteOptions())
      let short = Payload(length: 1000, makeSource: { PatternSource(Pattern(seed: 1), $0.lowerBound..<max($0.lowerBound, 999)) })
      try await context.expectFailure("a short part") { try await upload.write(part: 1, short) }
      try await upload.write(part: 1, slice(Pattern(seed: 1), 0..<1000))
      _ = try await upload.complete()
      try await context.expectContent(key, Pattern(seed: 1), 1000, "the object")
    },
    ConformanceCheck(13, "parts may be sent side by side") { context in
      try requireMultipart(context)
      let key = try context.key("parallel")
      let (pattern, length) = (Pattern(seed: 132), 3 * part + 7)
      let receipt = try await context.store.withMultipartWrite(key, WriteOptions()) { upload in
        _ = try await context.concurrently(4) { index in
          let start = Int64(index) * part
          try await upload.write(part: index + 1, slice(pattern, start..<min(start + part, length)))
        }
      }
      try context.expectEqual(receipt.size, length, "the receipt's size")
      try await context.expectContent(key, pattern, length, "the object")
    },
    ConformanceCheck(13, "parts can be taken from objects") { context in
      try requireMultipart(context)
      try context.require(context.capabilities.partCopy, "it takes no parts from objects")
      let (source, key) = (try context.key("source"), try context.key("joined"))
      let pattern = Pattern(seed: 133)
      let version = try await context.store.write(pattern.payload(part + 5000), to: source, WriteOptions()).version
      let receipt = try await context.store.withMultipartWrite(key, WriteOptions()) { upload in
        try await upload.copy(part: 1, from: source, range: 0..<part, ifMatches: version)
        try await upload.write(part: 2, slice(pattern, part..<part + 3000))
        try await context.expectError(.preconditionFailed, from: "a part of another state") {
          try await upload.copy(
            part: 3, from: source, range: 0..<10, ifMatches: ObjectVersion("\"00000000000000000000000000000000\""))
        }
      }
      try context.expectEqual(receipt.size, part + 3000, "the receipt's size")
      try await context.expectContent(key, pattern, part + 3000, "the object")
    },
  ]
}
