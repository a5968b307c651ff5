import ObjectStorage

/// The requests this provider makes, with what a user must be allowed for each.
enum S3Operation: String, Sendable {
  case listObjects = "ListObjectsV2"
  case listVersions = "ListObjectVersions"
  case headObject = "HeadObject"
  case getObject = "GetObject"
  case headVersion = "HeadObject version"
  case getVersion = "GetObject version"
  case putObject = "PutObject"
  case copyObject = "CopyObject"
  case deleteObject = "DeleteObject"
  case deleteObjects = "DeleteObjects"
  case createUpload = "CreateMultipartUpload"
  case uploadPart = "UploadPart"
  case copyPart = "UploadPartCopy"
  case completeUpload = "CompleteMultipartUpload"
  case abortUpload = "AbortMultipartUpload"
  case listUploads = "ListMultipartUploads"
  case listParts = "ListParts"
  case headBucket = "HeadBucket"
  case createBucket = "CreateBucket"

  /// The IAM permission that allows it.
  var permission: String {
    switch self {
    case .listObjects, .headBucket: "s3:ListBucket"
    case .listVersions: "s3:ListBucketVersions"
    case .headObject, .getObject: "s3:GetObject"
    case .headVersion, .getVersion: "s3:GetObjectVersion"
    case .putObject, .createUpload, .uploadPart, .completeUpload: "s3:PutObject"
    case .copyObject, .copyPart: "s3:GetObject on the source and s3:PutObject on the destination"
    case .deleteObject, .deleteObjects: "s3:DeleteObject"
    case .abortUpload: "s3:AbortMultipartUpload"
    case .listUploads: "s3:ListBucketMultipartUploads"
    case .listParts: "s3:ListMultipartUploadParts"
    case .createBucket: "s3:CreateBucket"
    }
  }

  /// In which class it is counted and, by most services, priced.
  var requestClass: RequestClass {
    switch self {
    case .listObjects, .listVersions: .list
    case .headObject, .headVersion: .head
    case .getObject, .getVersion: .get
    case .putObject, .createUpload, .uploadPart, .completeUpload: .put
    case .copyObject, .copyPart: .copy
    case .deleteObject, .deleteObjects, .abortUpload: .delete
    case .listUploads, .listParts, .headBucket, .createBucket: .other
    }
  }

  /// How long the answer may take to begin, where the service first moves up to 5 GiB, or joins what was sent; nil for the usual.
  var firstBytePatience: Duration? {
    switch self {
    case .copyObject, .copyPart, .completeUpload: .seconds(900)
    default: nil
    }
  }

  /// What was being done, for a message: "cannot …".
  var attempt: String {
    switch self {
    case .listObjects: "list the bucket"
    case .listVersions: "list its versions"
    case .headObject, .headVersion: "look at it"
    case .getObject, .getVersion: "read it"
    case .putObject, .createUpload, .uploadPart, .completeUpload: "write it"
    case .copyObject, .copyPart: "copy it"
    case .deleteObject, .deleteObjects: "delete it"
    case .abortUpload: "abort an upload"
    case .listUploads: "list the unfinished uploads"
    case .listParts: "list the parts of an upload"
    case .headBucket: "look at the bucket"
    case .createBucket: "create the bucket"
    }
  }
}
