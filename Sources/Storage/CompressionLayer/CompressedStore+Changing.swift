public import ObjectStorage

extension CompressedStore {
  /// How often a change that named no version looks again because the object was replaced meanwhile.
  private static let attempts = 4

  public func copy(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    try await carry(source, options) { try await self.base.copy(source, to: destination, $0) }
  }

  public func move(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    try await carry(source, options) { try await self.base.move(source, to: destination, $0) }
  }

  public func updateMetadata(
    _ metadata: ObjectMetadata, of key: ObjectKey, ifMatches: ObjectVersion?
  ) async throws -> WriteReceipt {
    let options = CopyOptions(sourceMatches: ifMatches, metadata: metadata)
    return try await carry(key, options) { options in
      try await self.base.updateMetadata(options.metadata ?? metadata, of: key, ifMatches: options.sourceMatches)
    }
  }

  /// Runs a change that carries stored bytes on as they are, and with them the mark of the object they come from.
  private func carry(
    _ source: ObjectKey, _ options: CopyOptions, _ change: (CopyOptions) async throws -> WriteReceipt
  ) async throws -> WriteReceipt {
    if source.isFolder { return try await change(options) }
    for attempt in 1... {
      let found = try described(try await base.stat(source))
      var pinned = options
      if let metadata = options.metadata {
        pinned.metadata = metadata.marked(found.mark)
        // A mark must never come to other bytes than those it speaks of.
        pinned.sourceMatches = options.sourceMatches ?? found.info.entry.version
      }
      do {
        let receipt = try await change(pinned)
        marks.forget(source)
        guard let mark = found.mark else { return receipt }
        return self.receipt(receipt, mark)
      } catch let error as StorageError
        where error.code == .preconditionFailed && pinned.sourceMatches != options.sourceMatches && attempt < Self.attempts
      {
        // It may be the destination's condition as well: then it fails again, and that is thrown.
        continue
      }
    }
    preconditionFailure("the loop has no end")
  }

  /// The receipt of a write as it is seen here.
  func receipt(_ receipt: WriteReceipt, _ mark: CompressionMark) -> WriteReceipt {
    WriteReceipt(
      version: receipt.version, size: mark.length, hash: mark.hash, modified: receipt.modified, identity: receipt.identity)
  }
}
