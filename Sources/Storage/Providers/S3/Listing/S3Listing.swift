public import ObjectStorage
import ProviderSupport

extension S3Store {
  public func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing {
    let scope = ListingScope(root: configuration.prefix, prefix: prefix, options: options)
    let keepsPlainTags = configuration.encryption.keepsPlainTags
    return SpannedListing(scope, storeName: identity.displayName) { [client] span in
      ListSpanReader(client: client, span: span, scope: scope)
    } convert: { page in
      var result = ListPage()
      result.entries.reserveCapacity(page.objects.count)
      for object in page.objects {
        scope.add(object.key, size: object.size, to: &result) { key in
          ObjectEntry(
            key: key, size: object.size, version: ObjectVersion(object.etag), stored: object.modified,
            hash: keepsPlainTags ? ETag.md5(object.etag).map { ContentHash(.md5, $0) } : nil, storageClass: object.storageClass)
        }
      }
      scope.add(folders: page.commonPrefixes, to: &result)
      return result
    }
  }
}

extension S3Configuration.Encryption {
  /// Whether an entity tag is still the MD5 of the content.
  var keepsPlainTags: Bool {
    switch self {
    case .none, .s3: true
    case .kms: false
    }
  }
}
