public import ObjectStorage

/// The media type of a file by its name's extension, for the types people open in a browser.
public enum ContentTypes {
  /// Of what has no known extension.
  public static let unknown = "application/octet-stream"
  /// Of a folder's marker.
  public static let folder = "application/x-directory"

  /// The type for a key.
  public static func type(for key: ObjectKey) -> String {
    if key.isFolder { return folder }
    let name = key.name
    guard let dot = name.lastIndex(of: 0x2E), dot > name.startIndex else { return unknown }
    let ending = name[(dot + 1)...]
    guard (1...8).contains(ending.count) else { return unknown }
    return table[String(decoding: ending, as: UTF8.self).lowercased()] ?? unknown
  }

  private static let table: [String: String] = [
    "7z": "application/x-7z-compressed", "aac": "audio/aac", "avi": "video/x-msvideo", "avif": "image/avif", "bmp": "image/bmp",
    "bz2": "application/x-bzip2", "c": "text/plain", "conf": "text/plain", "css": "text/css; charset=utf-8",
    "csv": "text/csv; charset=utf-8", "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "epub": "application/epub+zip",
    "flac": "audio/flac", "gif": "image/gif", "gz": "application/gzip", "h": "text/plain", "heic": "image/heic",
    "htm": "text/html; charset=utf-8", "html": "text/html; charset=utf-8", "ico": "image/x-icon", "ics": "text/calendar",
    "jpeg": "image/jpeg", "jpg": "image/jpeg", "js": "text/javascript; charset=utf-8", "json": "application/json",
    "log": "text/plain; charset=utf-8", "m4a": "audio/mp4", "m4v": "video/mp4", "md": "text/markdown; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8", "mkv": "video/x-matroska", "mov": "video/quicktime", "mp3": "audio/mpeg",
    "mp4": "video/mp4", "odp": "application/vnd.oasis.opendocument.presentation",
    "ods": "application/vnd.oasis.opendocument.spreadsheet", "odt": "application/vnd.oasis.opendocument.text", "ogg": "audio/ogg",
    "otf": "font/otf", "parquet": "application/vnd.apache.parquet", "pdf": "application/pdf", "png": "image/png",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation", "rtf": "application/rtf",
    "sh": "text/x-shellscript; charset=utf-8", "svg": "image/svg+xml", "tar": "application/x-tar", "tif": "image/tiff",
    "tiff": "image/tiff", "toml": "application/toml", "ts": "text/plain; charset=utf-8", "ttf": "font/ttf",
    "txt": "text/plain; charset=utf-8", "wasm": "application/wasm", "wav": "audio/wav", "webm": "video/webm", "webp": "image/webp",
    "woff": "font/woff", "woff2": "font/woff2", "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xml": "application/xml", "xz": "application/x-xz",
    "yaml": "application/yaml", "yml": "application/yaml", "zip": "application/zip", "zst": "application/zstd",
  ]
}
