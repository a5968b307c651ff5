public import ObjectStorage
import Primitives

/// One end of a sync or a transfer, as a person names it.
public enum End: Hashable, Sendable {
  /// A folder (or file) of this machine: its path as given, absolute or relative.
  case local(path: [UInt8])
  /// A place in a service by URL.
  case service(ServiceEnd)
  /// A configured store and a place in it.
  case store(name: String, prefix: EndPrefix)
  /// Memory of this process, by a name: gone with it.
  case memory(name: String)
}

/// A place in a service named by a URL: `s3://bucket/prefix?endpoint=…&region=…`, `azure://account/container/prefix`.
public struct ServiceEnd: Hashable, Sendable {
  /// The kind of service.
  public let type: StoreType
  /// The account that containers belong to; checked for its characters only. Empty where a container's name is enough.
  public let account: String
  /// The name of the bucket or container; checked for its characters only. Empty where the service has none.
  public let container: String
  /// The place in it.
  public let prefix: EndPrefix
  /// The settings of the query, of those of the type that may be in a URL.
  public let options: OptionValues

  /// The same without the place: the whole bucket, with its settings.
  public var root: ServiceEnd { ServiceEnd(type: type, account: account, container: container, prefix: .root, options: options) }
}

/// A place below a store's root: empty for the root, else a key without slashes at its ends.
public struct EndPrefix: Hashable, Sendable, CustomStringConvertible {
  /// The bytes, without slashes at their ends.
  public let bytes: [UInt8]

  /// The root.
  public static let root = EndPrefix(bytes: [])

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// A place; slashes at the ends are taken off.
  /// - Throws: `InvalidKey` for what is no key: empty components, `.`, `..`, a zero byte.
  public init(_ text: some Sequence<UInt8>) throws(InvalidKey) {
    var bytes = Array(text)
    while bytes.last == 0x2F { bytes.removeLast() }
    let start = bytes.prefix { $0 == 0x2F }.count
    bytes.removeFirst(start)
    if !bytes.isEmpty { _ = try ObjectKey(bytes) }
    self.bytes = bytes
  }

  /// The place as a folder's key; nil for the root.
  public var folder: ObjectKey? { bytes.isEmpty ? nil : ObjectKey(trusted: bytes + [0x2F]) }

  public var description: String { DisplayText.escape(bytes) }
}

/// Why a text names no end.
public struct EndError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong and what to write instead, for people; never a secret.
  public let message: String

  /// An error.
  public init(message: String) { self.message = message }

  public var description: String { message }
}

extension End: CustomStringConvertible {
  /// The end as it may be written again and shown; settings of a URL's query are part of it, secrets cannot be.
  public var description: String {
    switch self {
    case .local(let path): return DisplayText.escape(path)
    case .store(let name, let prefix): return "\(name):\(prefix)"
    case .memory(let name): return "memory://\(name)"
    case .service(let end): return Self.url(end)
    }
  }

  private static func url(_ end: ServiceEnd) -> String {
    let place = [end.account, end.container, "\(end.prefix)"].filter { !$0.isEmpty }.joined(separator: "/")
    let query = end.options.names.compactMap { name in
      end.options[name].map { "\(name)=\(PercentEncoding.encode(SettingText.text(of: $0).utf8, keepSlash: true))" }
    }
    return "\(end.type.scheme ?? end.type.rawValue)://\(place)" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
  }

  /// The end with a local path made absolute: `~/` is `home`, what is relative starts at `folder`.
  public func resolved(folder: String, home: String?) -> End {
    guard case .local(let path) = self, path.first != 0x2F else { return self }
    if let home, path == [0x7E] || path.starts(with: [0x7E, 0x2F]) { return .local(path: Array(home.utf8) + path.dropFirst()) }
    let rest = path.starts(with: [0x2E, 0x2F]) ? Array(path.dropFirst(2)) : path
    if rest.isEmpty || rest == [0x2E] { return .local(path: Array(folder.utf8)) }
    return .local(path: Array(folder.utf8) + (folder.hasSuffix("/") ? [] : [0x2F]) + rest)
  }
}
