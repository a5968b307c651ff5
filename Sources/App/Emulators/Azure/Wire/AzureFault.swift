import HTTPMessages

/// What the service refuses, with the status, code and text that it refuses it with.
///
/// Source of codes and texts: "Azure Blob Storage error codes" and "Common REST API error codes" in the service's reference.
struct AzureFault: Error {
  var status: Int
  var code: String
  var message: String
  /// Further elements of the error's body.
  var details: [(name: String, value: String)] = []
  var headers = HTTPHeaders()

  init(_ status: Int, _ code: String, _ message: String, details: [(name: String, value: String)] = []) {
    self.status = status
    self.code = code
    self.message = message
    self.details = details
  }
}

extension AzureFault {
  /// A header that is there and must not be like that.
  static func invalidHeader(_ name: String, _ value: String) -> AzureFault {
    AzureFault(
      400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format.",
      details: [("HeaderName", name), ("HeaderValue", value)])
  }

  static func missingHeader(_ name: String) -> AzureFault {
    AzureFault(
      400, "MissingRequiredHeader", "An HTTP header that's mandatory for this request is not specified.",
      details: [("HeaderName", name)])
  }

  static func invalidQuery(_ name: String, _ value: String, _ reason: String) -> AzureFault {
    AzureFault(
      400, "InvalidQueryParameterValue",
      "Value for one of the query parameters specified in the request URI is invalid.",
      details: [("QueryParameterName", name), ("QueryParameterValue", value), ("Reason", reason)])
  }

  static func outOfRangeQuery(_ name: String, _ value: String, allowed: ClosedRange<Int>) -> AzureFault {
    AzureFault(
      400, "OutOfRangeQueryParameterValue",
      "One of the query parameters specified in the request URI is outside the permissible range.",
      details: [
        ("QueryParameterName", name), ("QueryParameterValue", value), ("MinimumAllowed", String(allowed.lowerBound)),
        ("MaximumAllowed", String(allowed.upperBound)),
      ])
  }

  static let missingContentLength = AzureFault(411, "MissingContentLengthHeader", "The Content-Length header was not specified.")
  static let invalidURI = AzureFault(400, "InvalidUri", "The requested URI does not represent any resource on the server.")
  static let invalidInput = AzureFault(400, "InvalidInput", "One of the request inputs is not valid.")
  static let outOfRangeInput = AzureFault(400, "OutOfRangeInput", "One of the request inputs is out of range.")
  static let invalidResourceName = AzureFault(
    400, "InvalidResourceName", "The specified resource name contains invalid characters.")
  static let unsupportedVerb = AzureFault(405, "UnsupportedHttpVerb", "The resource doesn't support specified Http Verb.")
  static let invalidXML = AzureFault(400, "InvalidXmlDocument", "XML specified is not syntactically valid.")
  static let requestBodyTooLarge = AzureFault(
    413, "RequestBodyTooLarge", "The request body is too large and exceeds the maximum permissible limit.")
  static let incompleteBody = AzureFault(
    400, "InvalidInput", "The request body is shorter than its Content-Length header says.")
  static let resourceNotFound = AzureFault(404, "ResourceNotFound", "The specified resource does not exist.")
  static let invalidOperation = AzureFault(400, "InvalidOperation", "Invalid storage account.")
}

// Containers and blobs.
extension AzureFault {
  static let containerNotFound = AzureFault(404, "ContainerNotFound", "The specified container does not exist.")
  static let containerAlreadyExists = AzureFault(409, "ContainerAlreadyExists", "The specified container already exists.")
  static let containerBeingDeleted = AzureFault(
    409, "ContainerBeingDeleted", "The specified container is being deleted. Try operation later.")
  static let blobNotFound = AzureFault(404, "BlobNotFound", "The specified blob does not exist.")
  static let blobAlreadyExists = AzureFault(409, "BlobAlreadyExists", "The specified blob already exists.")
  static let invalidBlobType = AzureFault(409, "InvalidBlobType", "The blob type is invalid for this operation.")
  static let blobArchived = AzureFault(409, "BlobArchived", "This operation is not permitted on an archived blob.")
  static let blobBeingRehydrated = AzureFault(
    409, "BlobBeingRehydrated", "This operation is not permitted because the blob is being rehydrated.")
  static let snapshotsPresent = AzureFault(
    409, "SnapshotsPresent", "This operation is not permitted because the blob has snapshots.")
  static let invalidRange = AzureFault(
    416, "InvalidRange", "The range specified is invalid for the current size of the resource.")
  static let conditionNotMet = AzureFault(
    412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")
  static let notModified = AzureFault(
    304, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")
  static let sourceConditionNotMet = AzureFault(
    412, "SourceConditionNotMet", "The source condition specified using HTTP conditional header(s) is not met.")
  static let unsatisfiableCondition = AzureFault(
    400, "UnsatisfiableCondition", "The request includes an unsatisfiable condition for this operation.")
  static let multipleConditions = AzureFault(
    400, "MultipleConditionHeadersNotSupported", "Multiple condition headers are not supported.")
  static let invalidMetadata = AzureFault(
    400, "InvalidMetadata", "The metadata specified is invalid. It has characters that are not permitted.")
  static let emptyMetadataKey = AzureFault(
    400, "EmptyMetadataKey", "The key for one of the metadata key-value pairs is empty.")
  static let metadataTooLarge = AzureFault(
    400, "MetadataTooLarge", "The metadata specified exceeds the maximum permissible limit (8KB).")
  static let invalidTags = AzureFault(
    400, "InvalidTags", "The tags specified are invalid. It contains characters that are not permitted.")
  static let tagsTooLarge = AzureFault(400, "TagsTooLarge", "The tags specified exceed the maximum permissible limit.")
  static let invalidMD5 = AzureFault(
    400, "InvalidMd5", "The MD5 value specified in the request is invalid. The MD5 value must be 128 bits and Base64-encoded.")
}

// Blocks, pages and copies.
extension AzureFault {
  static let invalidBlockID = AzureFault(
    400, "InvalidBlockId", "The specified block ID is invalid. The block ID must be Base64-encoded.")
  static let invalidBlobOrBlock = AzureFault(400, "InvalidBlobOrBlock", "The specified blob or block content is invalid.")
  static let invalidBlockList = AzureFault(400, "InvalidBlockList", "The specified block list is invalid.")
  static let blockListTooLong = AzureFault(400, "BlockListTooLong", "The block list may not contain more than 50,000 blocks.")
  static let tooManyBlocks = AzureFault(
    409, "BlockCountExceedsLimit", "The uncommitted block count cannot exceed the maximum limit of 100,000 blocks.")
  static let tooManyAppends = AzureFault(
    409, "BlockCountExceedsLimit", "The committed block count cannot exceed the maximum limit of 50,000 blocks.")
  static let appendPosition = AzureFault(
    412, "AppendPositionConditionNotMet", "The append position condition specified was not met.")
  static let maxBlobSize = AzureFault(412, "MaxBlobSizeConditionNotMet", "The max blob size condition specified was not met.")
  static let sequenceNumber = AzureFault(
    412, "SequenceNumberConditionNotMet", "The sequence number condition specified was not met.")
  static let invalidPageRange = AzureFault(416, "InvalidPageRange", "The page range specified is invalid.")
  static let pendingCopy = AzureFault(409, "PendingCopyOperation", "There is currently a pending copy operation.")
  static let noPendingCopy = AzureFault(409, "NoPendingCopyOperation", "There is currently no pending copy operation.")
  static let copyIDMismatch = AzureFault(
    409, "CopyIdMismatch", "The specified copy ID did not match the copy ID for the pending copy operation.")

  /// What reading the source of a copy was refused with.
  static func cannotVerifySource(_ status: Int, _ message: String) -> AzureFault {
    AzureFault(status, "CannotVerifyCopySource", message)
  }

  static func checksumMismatch(_ kind: String, user: String, server: String) -> AzureFault {
    AzureFault(
      400, "\(kind)Mismatch",
      "The \(kind.uppercased()) value specified in the request did not match with the \(kind.uppercased()) value calculated by the server.",
      details: [("UserSpecified\(kind)", user), ("ServerCalculated\(kind)", server)])
  }
}

// Leases.
extension AzureFault {
  static let leaseAlreadyPresent = AzureFault(409, "LeaseAlreadyPresent", "There is already a lease present.")
  static let leaseMismatch = AzureFault(
    409, "LeaseIdMismatchWithLeaseOperation", "The lease ID specified did not match the lease ID for the blob.")
  static let leaseNotPresent = AzureFault(
    409, "LeaseNotPresentWithLeaseOperation", "There is currently no lease on the blob.")
  static let leaseBroken = AzureFault(
    409, "LeaseIsBrokenAndCannotBeRenewed",
    "The lease ID matched, but the lease has been broken explicitly and cannot be renewed.")
  static let leaseBreakingAcquire = AzureFault(
    409, "LeaseIsBreakingAndCannotBeAcquired",
    "The lease ID matched, but the lease is currently in breaking state and cannot be acquired until it is broken.")
  static let leaseBreakingChange = AzureFault(
    409, "LeaseIsBreakingAndCannotBeChanged",
    "The lease ID matched, but the lease is currently in breaking state and cannot be changed.")

  static func leaseMissing(_ thing: String) -> AzureFault {
    AzureFault(
      412, "LeaseIdMissing", "There is currently a lease on the \(thing) and no lease ID was specified in the request.")
  }
  static func leaseMismatch(_ thing: String) -> AzureFault {
    AzureFault(
      412, "LeaseIdMismatchWith\(thing == "blob" ? "Blob" : "Container")Operation",
      "The lease ID specified did not match the lease ID for the \(thing).")
  }
  static func leaseNotPresent(_ thing: String) -> AzureFault {
    AzureFault(
      412, "LeaseNotPresentWith\(thing == "blob" ? "Blob" : "Container")Operation", "There is currently no lease on the \(thing).")
  }
  static func leaseLost(_ thing: String) -> AzureFault {
    AzureFault(412, "LeaseLost", "A lease ID was specified, but the lease for the \(thing) has expired.")
  }
}

// Who may do what.
extension AzureFault {
  static func authenticationFailed(_ detail: String) -> AzureFault {
    AzureFault(
      403, "AuthenticationFailed",
      "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.",
      details: [("AuthenticationErrorDetail", detail)])
  }
  static let invalidAuthenticationInfo = AzureFault(
    400, "InvalidAuthenticationInfo",
    "Authentication information is not given in the correct format. Check the value of Authorization header.")
  static let permissionMismatch = AzureFault(
    403, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission.")
  static let resourceTypeMismatch = AzureFault(
    403, "AuthorizationResourceTypeMismatch", "This request is not authorized to perform this operation using this resource type.")
  static let serviceMismatch = AzureFault(
    403, "AuthorizationServiceMismatch", "This request is not authorized to perform this operation using this service.")
  static let protocolMismatch = AzureFault(
    403, "AuthorizationProtocolMismatch", "This request is not authorized to perform this operation using this protocol.")
  static let sourceIPMismatch = AzureFault(
    403, "AuthorizationSourceIPMismatch", "This request is not authorized to perform this operation using this source IP.")
  static let authorizationFailure = AzureFault(
    403, "AuthorizationFailure", "This request is not authorized to perform this operation.")
  static let unauthorizedOverwrite = AzureFault(
    403, "UnauthorizedBlobOverwrite", "This request is not authorized to perform blob overwrites.")

  /// Asks for a token, as a bearer challenge does.
  static func challenge(_ code: String, tenant: String) -> AzureFault {
    var fault = AzureFault(
      401, code,
      "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.")
    fault.headers = [
      "WWW-Authenticate":
        "Bearer authorization_uri=https://login.microsoftonline.com/\(tenant)/oauth2/authorize resource_id=https://storage.azure.com"
    ]
    return fault
  }
}
