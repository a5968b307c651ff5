import CGit2

/// The largest text that is merged, in bytes: a diff's memory is a multiple of it.
public let mergeSizeLimit = 16 << 20

/// Merges two texts that come from the same one, line by line, as git does (libgit2).
///
/// Lines that one side changed are taken from that side; lines that both changed in the same way are taken once; what both changed
/// differently is a conflict, kept whole between markers. Bytes are not interpreted: any encoding without NULs will do.
///
/// Synchronous, and up to seconds of work for large texts: not for the cooperative pool. Callable from any thread.
/// - Throws: `.binary` or `.tooLarge` if the three are not texts to merge.
public func merge(
  ancestor: [UInt8], ours: [UInt8], theirs: [UInt8], labels: MergeLabels = MergeLabels(), style: ConflictStyle = .merge
) throws(TextMergeError) -> MergeResult {
  for (name, text) in [("the ancestor", ancestor), (labels.ours, ours), (labels.theirs, theirs)] {
    if text.count > mergeSizeLimit {
      throw TextMergeError(code: .tooLarge, message: "\(printable(name)) is larger than \(mergeSizeLimit >> 20) MiB")
    }
    if text.prefix(8192).contains(0) {
      throw TextMergeError(code: .binary, message: "\(printable(name)) is not a text")
    }
  }
  try Library.started.get()

  var options = git_merge_file_options()
  git_merge_file_options_init(&options, UInt32(GIT_MERGE_FILE_OPTIONS_VERSION))
  options.flags = style == .diff3 ? GIT_MERGE_FILE_STYLE_DIFF3.rawValue : GIT_MERGE_FILE_STYLE_MERGE.rawValue
  var result = git_merge_file_result()
  defer { git_merge_file_result_free(&result) }
  let status = printable(labels.ancestor).withCString { ancestorLabel in
    printable(labels.ours).withCString { ourLabel in
      printable(labels.theirs).withCString { theirLabel in
        options.ancestor_label = ancestorLabel
        options.our_label = ourLabel
        options.their_label = theirLabel
        return withInput(ancestor) { ancestor in
          withInput(ours) { ours in
            withInput(theirs) { theirs in git_merge_file(&result, ancestor, ours, theirs, &options) }
          }
        }
      }
    }
  }
  guard status == 0 else { throw Library.failure() }
  let bytes = [UInt8](UnsafeRawBufferPointer(start: result.ptr, count: result.len))
  return MergeResult(bytes: bytes, hasConflicts: result.automergeable == 0)
}

private func withInput(_ text: [UInt8], _ body: (UnsafePointer<git_merge_file_input>) -> Int32) -> Int32 {
  // An empty array may have no address, which libgit2 would take for "no such file".
  (text.isEmpty ? [0] : text).withUnsafeBufferPointer { buffer in
    var input = git_merge_file_input()
    git_merge_file_input_init(&input, UInt32(GIT_MERGE_FILE_INPUT_VERSION))
    return (buffer.baseAddress!).withMemoryRebound(to: CChar.self, capacity: buffer.count) { pointer in
      input.ptr = pointer
      input.size = text.count
      return body(&input)
    }
  }
}

/// A label that stays on its line.
private func printable(_ label: String) -> String {
  var result = String.UnicodeScalarView()
  for scalar in label.unicodeScalars { result.append(scalar.value < 0x20 || scalar.value == 0x7F ? "?" : scalar) }
  return String(result)
}

/// libgit2 as a whole: it wants to be started once and is never shut down.
private enum Library {
  static let started: Result<Void, TextMergeError> = git_libgit2_init() > 0 ? .success(()) : .failure(failure())

  static func failure() -> TextMergeError {
    let reason = git_error_last().flatMap { $0.pointee.message }.map { String(cString: $0) }
    return TextMergeError(code: .failed, message: "libgit2: \(reason ?? "the merge failed")")
  }
}
