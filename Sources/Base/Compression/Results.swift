import CZstd

/// The library's result if it is none of its errors.
@discardableResult
func checked(_ result: Int) throws(CompressionError) -> Int {
  guard ZSTD_isError(result) != 0 else { return result }
  let text = String(cString: ZSTD_getErrorName(result))
  switch ZSTD_getErrorCode(result) {
  case ZSTD_error_memory_allocation: throw CompressionError(.outOfMemory, "no memory is left to compress with")
  case ZSTD_error_srcSize_wrong: throw CompressionError(.wrongLength, "not as many bytes came as were announced")
  case ZSTD_error_frameParameter_windowTooLarge:
    throw CompressionError(.windowTooLarge, "the compressed data needs more memory than is allowed here")
  case ZSTD_error_version_unsupported, ZSTD_error_frameParameter_unsupported, ZSTD_error_dictionary_wrong:
    throw CompressionError(.unsupported, "the compressed data cannot be read here (\(text))")
  default: throw CompressionError(.malformed, "the compressed data is damaged (\(text))")
  }
}
