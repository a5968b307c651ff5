import Markup
import Primitives

/// A container.
struct AzureContainer {
  var name: String
  var etag: Int64 = 0
  var modified = Timestamp(seconds: 0)
  var metadata: [AzureField] = []
  var access = AzurePublicAccess.none
  var policies: [AzurePolicy] = []
  var lease = AzureLease()
  /// When a container that is being deleted is gone.
  var goneAt: Timestamp?

  var version: (etag: Int64, modified: Timestamp) { (etag, modified) }
}

/// What anybody may read of a container.
enum AzurePublicAccess: String {
  case none
  case blob
  case container
}

/// A stored access policy, which signatures refer to.
struct AzurePolicy: Hashable {
  var id: String
  var start: String?
  var expiry: String?
  var permission: String?
}

extension AzureContainer {
  init(_ json: JSONValue) throws {
    guard let name = json["name"]?.stringValue, let etag = json["etag"]?.integerValue,
      let modified = AzureCoding.time(json["modified"])
    else { throw AzureCoding.Damaged(description: "a container's row is damaged") }
    (self.name, self.etag, self.modified) = (name, etag, modified)
    metadata = AzureCoding.fields(json["metadata"])
    access = json["access"]?.stringValue.flatMap(AzurePublicAccess.init) ?? .none
    policies = (json["policies"]?.arrayValue ?? []).map { policy in
      AzurePolicy(
        id: policy["id"]?.stringValue ?? "", start: policy["start"]?.stringValue, expiry: policy["expiry"]?.stringValue,
        permission: policy["permission"]?.stringValue)
    }
    lease = AzureLease(json["lease"])
    goneAt = AzureCoding.time(json["gone"])
  }

  var json: JSONValue {
    var object: JSONObject = [
      "name": .string(name), "etag": .integer(etag), "modified": AzureCoding.time(modified), "access": .string(access.rawValue),
    ]
    object.set("metadata", AzureCoding.fields(metadata))
    object.set(
      "policies",
      .array(
        policies.map { policy in
          var object: JSONObject = ["id": .string(policy.id)]
          object.set("start", AzureCoding.text(policy.start))
          object.set("expiry", AzureCoding.text(policy.expiry))
          object.set("permission", AzureCoding.text(policy.permission))
          return .object(object)
        }))
    object.set("lease", lease.json)
    object.set("gone", AzureCoding.time(goneAt))
    return .object(object)
  }
}
