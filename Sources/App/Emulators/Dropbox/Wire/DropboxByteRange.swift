/// What a `Range` header asks for.
enum DropboxByteRange {
  case whole
  case part(Range<Int64>)
  case beyond

  /// A header that is no single range of bytes counts as none.
  init(_ header: String?, size: Int64) {
    self = .whole
    guard let header, header.hasPrefix("bytes="), !header.contains(",") else { return }
    let ends = header.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard ends.count == 2 else { return }
    func number(_ text: Substring) -> Int64? { text.utf8.allSatisfy { (48...57).contains($0) } ? Int64(text) : nil }
    switch (number(ends[0]), number(ends[1])) {
    case (let first?, let last?) where first <= last:
      self = first < size ? .part(first..<min(last, size - 1) + 1) : .beyond
    case (let first?, nil) where ends[1].isEmpty: self = first < size ? .part(first..<size) : .beyond
    case (nil, let count?) where ends[0].isEmpty:
      self = count > 0 && size > 0 ? .part(max(0, size - count)..<size) : .beyond
    default: return
    }
  }
}
