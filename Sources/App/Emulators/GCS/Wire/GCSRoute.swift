import Primitives

/// What a path of the API names.
enum GCSRoute: Sendable, Equatable {
  case buckets
  case bucket(String)
  case permissions(bucket: String)
  case layout(bucket: String)
  case objects(bucket: String)
  case object(GCSPlace)
  case compose(GCSPlace)
  case copy(GCSPlace, to: GCSPlace)
  case rewrite(GCSPlace, to: GCSPlace)
  case uploads(bucket: String)
  case batch
  case access(GCSAccessRoute)

  /// - Returns: nil where the API has nothing.
  init?(path: some StringProtocol) {
    // Split first: an encoded slash belongs to a name.
    var parts: [String] = []
    for part in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard let bytes = PercentEncoding.decode(part.utf8), let text = String(validating: bytes, as: UTF8.self) else { return nil }
      parts.append(text)
    }
    if let access = GCSAccessRoute(parts) {
      self = .access(access)
    } else if parts.first == "batch" {
      guard parts.count == 1 || parts == ["batch", "storage", "v1"] else { return nil }
      self = .batch
    } else if parts.starts(with: ["upload", "storage", "v1", "b"]) {
      guard parts.count == 6, parts[5] == "o" else { return nil }
      self = .uploads(bucket: parts[4])
    } else {
      if parts.first == "download" { parts.removeFirst() }
      guard parts.starts(with: ["storage", "v1", "b"]) else { return nil }
      self.init(Array(parts.dropFirst(3)))
    }
  }

  private init?(_ parts: [String]) {
    func place(_ bucket: Int, _ name: Int) -> GCSPlace { GCSPlace(bucket: parts[bucket], name: Array(parts[name].utf8)) }
    let words = [1, 3].filter { $0 < parts.count }.map { parts[$0] }
    switch (parts.count, words) {
    case (0, _): self = .buckets
    case (1, _): self = .bucket(parts[0])
    case (2, ["o"]): self = .objects(bucket: parts[0])
    case (2, ["storageLayout"]): self = .layout(bucket: parts[0])
    case (3, ["iam"]) where parts[2] == "testPermissions": self = .permissions(bucket: parts[0])
    case (3, ["o"]): self = .object(place(0, 2))
    case (4, ["o", "compose"]): self = .compose(place(0, 2))
    case (8, _) where parts[1] == "o" && parts[4] == "b" && parts[6] == "o":
      switch parts[3] {
      case "rewriteTo": self = .rewrite(place(0, 2), to: place(5, 7))
      case "copyTo": self = .copy(place(0, 2), to: place(5, 7))
      default: return nil
      }
    default: return nil
    }
  }
}

/// An object's place.
struct GCSPlace: Sendable, Equatable {
  var bucket: String
  var name: [UInt8]

  /// The name as text.
  var text: String { String(decoding: name, as: UTF8.self) }
  var missing: GCSFailure { GCSFailure(404, "notFound", "No such object: \(bucket)/\(text)") }

  /// - Throws: `GCSFailure` for a name that no object can have.
  func checkName() throws(GCSFailure) {
    guard !name.isEmpty else { throw .required("name") }
    guard name.count <= 1024 else {
      throw .invalid("The name of an object may have at most 1024 bytes when encoded as UTF-8; this one has \(name.count).")
    }
    let isForbidden =
      name.contains { $0 == 0x0A || $0 == 0x0D } || name == Array(".".utf8) || name == Array("..".utf8)
      || name.starts(with: Array(".well-known/acme-challenge/".utf8))
    if isForbidden { throw .invalid("Disallowed unicode characters present in object name '\(text)'") }
  }
}
