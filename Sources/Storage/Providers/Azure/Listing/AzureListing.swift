public import ObjectStorage
import ProviderSupport

extension AzureStore {
  public func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing {
    var options = options
    // Spans cannot begin in the middle.
    options.splitHints = []
    let scope = ListingScope(root: configuration.prefix, prefix: prefix, options: options)
    return SpannedListing(scope, storeName: identity.displayName) { [client] span in
      BlobPageLoader(client: client, span: span, scope: scope)
    } convert: { names in
      var result = ListPage()
      result.entries.reserveCapacity(names.count)
      for name in names {
        guard let blob = name.blob else {
          scope.add(folders: [name.name], to: &result)
          continue
        }
        // A folder that is listed as a blob of its own: one level below it is folded.
        if scope.options.depth == .oneLevel, blob.isFolder, name.name.count > scope.prefix.count {
          scope.add(folders: [name.name], to: &result)
        } else {
          scope.add(name.name, size: blob.size, to: &result) { blob.entry($0) }
        }
      }
      return result
    }
  }
}
