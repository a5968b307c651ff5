import Files
import ObjectStorage
import Primitives

/// Where media type and user metadata are kept: `user.isobar.type` and one `user.isobar.meta.NAME` for each entry, so that
/// `getfattr -d` shows them.
enum AttributeNames {
  static let type = Array("isobar.type".utf8)
  static let metaPrefix = Array("isobar.meta.".utf8)

  static func name(of entry: String) -> [UInt8] { metaPrefix + Array(entry.utf8) }
}

extension LocalStore {
  /// Fills in what the file's extended attributes hold. One system call for a file that has none.
  func addAttributes(to info: inout ObjectInfo, from file: SharedDescriptor) throws {
    for name in try file.attributeNames() {
      if name == AttributeNames.type {
        info.contentType = try file.attribute(name: name).map { String(decoding: $0, as: UTF8.self) }
      } else if name.starts(with: AttributeNames.metaPrefix), let value = try file.attribute(name: name) {
        let entry = String(decoding: name.dropFirst(AttributeNames.metaPrefix.count), as: UTF8.self)
        info.userMetadata[entry] = String(decoding: value, as: UTF8.self)
      }
    }
  }

  /// Makes the file's attributes those of `metadata`.
  func setAttributes(_ metadata: ObjectMetadata, of file: SharedDescriptor, _ key: ObjectKey, isNew: Bool) throws {
    if isNew, metadata.contentType == nil, metadata.user.isEmpty { return }
    guard features.probed().attributes else { return }
    var wanted: [[UInt8]: [UInt8]] = [:]
    if let type = metadata.contentType { wanted[AttributeNames.type] = Array(type.utf8) }
    for (name, value) in metadata.user { wanted[AttributeNames.name(of: name)] = Array(value.utf8) }
    do {
      for name in isNew ? [] : try file.attributeNames() where wanted[name] == nil {
        if name == AttributeNames.type || name.starts(with: AttributeNames.metaPrefix) { try file.removeAttribute(name: name) }
      }
      for (name, value) in wanted { try file.setAttribute(name: name, value: value) }
    } catch let error as FileError where error.code == .noSpace || error.code == .invalidPath {
      throw failure(.invalidArgument, key, "its metadata is longer than this file system keeps in extended attributes")
    }
  }
}
