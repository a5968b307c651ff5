import ObjectStorage

/// The requests this provider makes, by their names in the API, with what an account must be allowed for each.
enum GCSOperation: String, Sendable {
  case list = "objects.list"
  case get = "objects.get"
  case media = "objects.get media"
  case insert = "objects.insert"
  case startUpload = "objects.insert resumable"
  case upload = "objects.insert chunk"
  case uploadStatus = "objects.insert status"
  case cancelUpload = "objects.insert cancel"
  case compose = "objects.compose"
  case rewrite = "objects.rewrite"
  case patch = "objects.patch"
  case delete = "objects.delete"
  case batchDelete = "objects.delete batch"
  case getBucket = "buckets.get"
  case insertBucket = "buckets.insert"
  case testPermissions = "buckets.testIamPermissions"

  /// The IAM permission that allows it.
  var permission: String {
    switch self {
    case .list: "storage.objects.list"
    case .get, .media: "storage.objects.get"
    case .insert, .startUpload, .upload, .uploadStatus, .cancelUpload:
      "storage.objects.create (and storage.objects.delete, to replace what is there)"
    case .compose, .rewrite:
      "storage.objects.get and storage.objects.create (and storage.objects.delete, to replace what is there)"
    case .patch: "storage.objects.update"
    case .delete, .batchDelete: "storage.objects.delete"
    case .getBucket, .testPermissions: "storage.buckets.get"
    case .insertBucket: "storage.buckets.create in the project"
    }
  }

  /// What was being done, for a message: "cannot …".
  var attempt: String {
    switch self {
    case .list: "list the bucket"
    case .get: "look at it"
    case .media: "read it"
    case .insert, .startUpload, .upload, .uploadStatus: "write it"
    case .cancelUpload: "abort an upload"
    case .compose: "join its parts"
    case .rewrite: "copy it"
    case .patch: "change its metadata"
    case .delete, .batchDelete: "delete it"
    case .getBucket, .testPermissions: "look at the bucket"
    case .insertBucket: "create the bucket"
    }
  }

  /// In which class it is counted and priced.
  var requestClass: RequestClass {
    switch self {
    case .list: .list
    case .get: .head
    case .media: .get
    case .insert, .startUpload, .upload, .uploadStatus: .put
    case .compose, .rewrite, .patch: .copy
    case .delete, .batchDelete, .cancelUpload: .delete
    case .getBucket, .insertBucket, .testPermissions: .other
    }
  }

  /// Whether what it asks for is an object that may be missing; for the others only the bucket can be.
  var isAboutObject: Bool {
    switch self {
    case .get, .media, .compose, .rewrite, .patch, .delete, .batchDelete, .upload, .uploadStatus, .cancelUpload: true
    case .list, .insert, .startUpload, .getBucket, .insertBucket, .testPermissions: false
    }
  }
}
