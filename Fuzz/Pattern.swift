import Sync

/// The first line is an ignore pattern, the rest a path: no pattern crashes or runs away, whatever it is matched against.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let split = bytes.firstIndex(of: 0x0A) ?? bytes.endIndex
  guard let pattern = try? IgnorePattern(Array(bytes[..<split])) else { return 0 }
  let path = bytes[min(split + 1, bytes.endIndex)...]
  let asFile = pattern.matches(path, isFolder: false)
  let asFolder = pattern.matches(path, isFolder: true)
  precondition(asFolder || !asFile, "a pattern that matches a file matches a folder of that name")
  if pattern.foldersOnly { precondition(!asFile, "a pattern for folders matched a file") }
  return 0
}
