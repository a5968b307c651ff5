public import ObjectStorage

extension S3Store {
  /// Tries everything that Isobar relies on and says what works: credentials, bucket, listing, writing, and each trait of the
  /// endpoint, found out anew. About twenty-five requests; leaves nothing behind.
  ///
  /// Ends early where what follows cannot work. Only cancellation is thrown: every failure is a check that says so.
  public func diagnose() async throws -> [ServiceFinding] {
    var checks: [ServiceFinding] = []
    if configuration.anonymous {
      checks.append(
        ServiceFinding("credentials", .limited, "none: requests are not signed", advice: "only public objects can be read"))
    } else {
      do {
        _ = try await client.credentials.current()
        checks.append(ServiceFinding("credentials", .good, "from \(client.credentials.source?.description ?? "elsewhere")"))
      } catch let error as StorageError {
        checks.append(ServiceFinding("credentials", .failed, error.message))
        return checks
      }
    }
    do {
      _ = try await list(.all, ListOptions(pageSize: 1)).next()
      checks.append(ServiceFinding("bucket", .good, "“\(configuration.bucket)” at \(client.address.service), region \(region)"))
    } catch let error as StorageError {
      checks.append(ServiceFinding("bucket", .failed, error.message, advice: error.detail))
      return checks
    }
    do {
      let traits = try await prober.retry()
      checks.append(ServiceFinding("writing", .good, "objects can be written and deleted"))
      checks += Self.checks(of: traits)
    } catch let error as StorageError {
      checks.append(ServiceFinding("writing", .failed, error.message, advice: error.detail))
    }
    return checks
  }

  private static func checks(of traits: S3Traits) -> [ServiceFinding] {
    var checks: [ServiceFinding] = []
    if traits.putIfAbsent && traits.putIfAbsentIsAtomic {
      checks.append(
        ServiceFinding("writing only new objects", .good, "If-None-Match is obeyed, also by writers at the same moment"))
    } else if traits.putIfAbsent {
      checks.append(
        ServiceFinding(
          "writing only new objects", .limited, "If-None-Match is obeyed, but not by writers at the same moment",
          advice: "let one Isobar at a time write to this bucket"))
    } else {
      checks.append(
        ServiceFinding(
          "writing only new objects", .limited, "If-None-Match is ignored",
          advice: "Isobar looks before it writes; let nothing else write the same files at the same moment"))
    }
    checks.append(condition("replacing only a known state", traits.putIfMatch, header: "If-Match on PutObject"))
    checks.append(condition("deleting only a known state", traits.deleteIfMatch, header: "If-Match on DeleteObject"))
    checks.append(condition("copying only a known state", traits.copySourceIfMatch, header: "x-amz-copy-source-if-match"))
    let sums = [
      traits.checksCRC32C ? "CRC-32C" : nil, traits.checksMD5 ? "Content-MD5" : nil,
      traits.checksPayloadHash ? "the signed SHA-256" : nil,
    ].compactMap { $0 }
    checks.append(
      sums.isEmpty
        ? ServiceFinding(
          "damage on the way", .limited, "no checksum is compared by the store",
          advice: "Isobar compares the entity tag it gets back, after the object is in place")
        : ServiceFinding("damage on the way", .good, "the store compares \(sums.joined(separator: ", "))"))
    checks.append(
      traits.keepsMetadata
        ? ServiceFinding("modification times and permissions", .good, "kept as metadata, as rclone does")
        : ServiceFinding(
          "modification times and permissions", .failed, "metadata does not come back",
          advice: "files will be restored with new times"))
    if !traits.copyKeepsMetadata {
      checks.append(
        ServiceFinding("server-side copies", .limited, "they lose metadata", advice: "Isobar sends it again with each copy"))
    }
    if !traits.partCopy {
      checks.append(
        ServiceFinding(
          "copies in parts", .limited, "UploadPartCopy does not work", advice: "objects above 5 GiB cannot be renamed in the store")
      )
    }
    if !traits.keepsFolders {
      checks.append(
        ServiceFinding(
          "empty folders", .limited, "the store drops objects that mark a folder", advice: "empty folders are not kept there")
      )
    }
    return checks
  }

  private static func condition(_ name: String, _ form: S3Traits.TagCondition, header: String) -> ServiceFinding {
    switch form {
    case .quoted: ServiceFinding(name, .good, "\(header) is obeyed")
    case .unquoted: ServiceFinding(name, .good, "\(header) is obeyed, with the entity tag unquoted")
    case .none:
      ServiceFinding(
        name, .limited, "\(header) is not obeyed",
        advice: "Isobar looks first; a change between the look and the request would go unseen")
    }
  }
}
