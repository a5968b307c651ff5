public import ObjectStorage
import ProviderSupport

extension GCSStore {
  public func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing {
    let scope = ListingScope(root: configuration.prefix, prefix: prefix, options: options)
    // Parts of objects under way are shown to who asks for them by name.
    let showsParts = prefix.bytes.starts(with: Self.parts)
    return SpannedListing(scope, storeName: identity.displayName) { [client] span in
      GCSSpanReader(client: client, span: span, scope: scope)
    } convert: { page in
      var result = ListPage()
      result.entries.reserveCapacity(page.objects.count)
      for object in page.objects {
        if !showsParts, object.name.dropFirst(scope.rootLength).starts(with: Self.parts) { continue }
        scope.add(object.name, size: object.size, to: &result) { object.entry($0) }
      }
      scope.add(folders: page.folders, to: &result)
      return result
    }
  }
}
