/// The method of a request; sent as it is spelled.
public struct HTTPMethod: Sendable, Hashable, CustomStringConvertible {
  public let name: String

  /// - Returns: nil unless `name` is a token as HTTP defines it.
  public init?(_ name: String) {
    guard HTTPHeaders.isToken(name) else { return nil }
    self.name = name
  }

  private init(known name: String) { self.name = name }

  public static let get = HTTPMethod(known: "GET")
  public static let head = HTTPMethod(known: "HEAD")
  public static let put = HTTPMethod(known: "PUT")
  public static let post = HTTPMethod(known: "POST")
  public static let delete = HTTPMethod(known: "DELETE")
  public static let patch = HTTPMethod(known: "PATCH")
  public static let options = HTTPMethod(known: "OPTIONS")

  public var description: String { name }
}
