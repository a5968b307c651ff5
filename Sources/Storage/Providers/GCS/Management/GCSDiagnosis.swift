import Crypto
import HTTPClient
import HTTPMessages
import Markup
public import ObjectStorage
import Primitives

extension GCSStore {
  /// What Isobar needs, in the words of IAM, with what each is for.
  private static var permissions: [(name: String, use: String)] {
    [
      ("storage.objects.list", "listing"), ("storage.objects.get", "reading"), ("storage.objects.create", "writing"),
      ("storage.objects.delete", "replacing and deleting"), ("storage.objects.update", "changing modification times in place"),
    ]
  }

  /// Tries everything that Isobar relies on and says what works: credentials, bucket, permissions, what the bucket keeps, writing, conditions,
  /// metadata.
  /// About ten requests; leaves nothing behind.
  ///
  /// Ends early where what follows cannot work. Only cancellation is thrown: every failure is a check that says so.
  public func diagnose() async throws -> [ServiceFinding] {
    var checks: [ServiceFinding] = []
    if configuration.anonymous {
      checks.append(
        ServiceFinding("credentials", .limited, "none: requests carry no token", advice: "only public objects can be read"))
    } else {
      do {
        _ = try await client.tokens.current()
        checks.append(ServiceFinding("credentials", .good, "from \(client.tokens.source?.description ?? "elsewhere")"))
      } catch let error as StorageError {
        checks.append(ServiceFinding("credentials", .failed, error.message, advice: error.detail))
        return checks
      }
    }
    do {
      guard try await containerExists() else {
        checks.append(
          ServiceFinding(
            "bucket", .failed, "there is no bucket “\(configuration.bucket)” at \(configuration.endpoint)",
            advice: "check the name, or make it with: gcloud storage buckets create gs://\(configuration.bucket)"))
        return checks
      }
      checks.append(ServiceFinding("bucket", .good, "“\(configuration.bucket)” at \(configuration.endpoint)"))
    } catch let error as StorageError {
      checks.append(ServiceFinding("bucket", .failed, error.message, advice: error.detail))
      return checks
    }
    if let check = try await permissionCheck() { checks.append(check) }
    if let check = try await keepingCheck() { checks.append(check) }
    do { checks += try await tryWriting() } catch let error as StorageError {
      checks.append(ServiceFinding("writing", .failed, error.message, advice: error.detail))
    }
    return checks
  }

  /// What the service says that we may do; nil where it does not say.
  private func permissionCheck() async throws -> ServiceFinding? {
    var request = GCSRequest(.testPermissions, .get, client.bucket("/iam/testPermissions"))
    for permission in Self.permissions { request.ask("permissions", permission.name) }
    let answer: JSONValue
    do { answer = try await client.fetch(request) } catch is StorageError { return nil }
    guard let list = answer["permissions"]?.arrayValue else { return nil }
    let granted = Set(list.compactMap(\.stringValue))
    let missing = Self.permissions.filter { !granted.contains($0.name) }
    if missing.isEmpty { return ServiceFinding("permissions", .good, "all that Isobar needs") }
    return ServiceFinding(
      "permissions", .limited, "missing: " + missing.map { "\($0.name) (\($0.use))" }.joined(separator: ", "),
      advice: "grant the account roles/storage.objectUser on the bucket")
  }

  /// What the bucket keeps of what is deleted, and for how long; nil where we may not look.
  private func keepingCheck() async throws -> ServiceFinding? {
    let name = "what the bucket keeps"
    var request = GCSRequest(.getBucket, .get, client.bucket())
    request.ask("fields", "softDeletePolicy,retentionPolicy,versioning")
    let bucket: JSONValue
    do { bucket = try await client.fetch(request) } catch is StorageError { return nil }
    func days(_ json: JSONValue?) -> Int64? {
      guard let seconds = json.flatMap({ $0.integerValue ?? $0.stringValue.flatMap { Int64($0) } }), seconds > 0 else { return nil }
      return max(1, seconds / 86_400)
    }
    if let days = days(bucket["retentionPolicy"]?["retentionPeriod"]) {
      return ServiceFinding(
        name, .limited, "a retention policy keeps every object from being replaced or deleted for \(days) days",
        advice: "use a bucket without one: what changes here could not be changed there")
    }
    var kept: [String] = []
    if let days = days(bucket["softDeletePolicy"]?["retentionDurationSeconds"]) { kept.append("for \(days) days (soft delete)") }
    if bucket["versioning"]?["enabled"]?.boolValue == true { kept.append("as older versions") }
    guard !kept.isEmpty else { return ServiceFinding(name, .good, "what is deleted or replaced is gone at once") }
    return ServiceFinding(
      name, .limited, "what is deleted or replaced stays \(kept.joined(separator: " and ")), and is charged for",
      advice: "that is a net under Isobar's own trash; to do without: gcloud storage buckets update "
        + "gs://\(configuration.bucket) --clear-soft-delete --no-versioning")
  }

  private func tryWriting() async throws -> [ServiceFinding] {
    let key = try ObjectKey(".isobar/probe-" + Hex.encode(Random.bytes(8)))
    do {
      let checks = try await tryWriting(key)
      _ = try await delete([DeleteTarget(key)])
      return checks
    } catch {
      await Task { _ = try? await self.delete([DeleteTarget(key)]) }.value
      throw error
    }
  }

  private func tryWriting(_ key: ObjectKey) async throws -> [ServiceFinding] {
    var checks: [ServiceFinding] = []
    let metadata = ObjectMetadata(modified: Timestamp(seconds: 1_700_000_000, nanoseconds: 123_456_789), mode: 0o640)
    let first = try await write(.bytes([1]), to: key, WriteOptions(condition: .ifAbsent, metadata: metadata))
    checks.append(ServiceFinding("writing", .good, "objects can be written"))
    let advice = "this is no Google service, or an emulator: let nothing else write the same files at the same moment"
    func condition(_ name: String, _ isObeyed: Bool) {
      checks.append(
        isObeyed
          ? ServiceFinding(name, .good, "ifGenerationMatch is obeyed")
          : ServiceFinding(name, .limited, "ifGenerationMatch is ignored", advice: advice))
    }
    let isNew = try await fails(.alreadyExists) {
      try await self.write(.bytes([2]), to: key, WriteOptions(condition: .ifAbsent))
    }
    condition("writing only new objects", isNew)
    let wrong = ObjectVersion("1")
    let isKnown = try await fails(.preconditionFailed) {
      try await self.write(.bytes([3]), to: key, WriteOptions(condition: .ifMatches(wrong)))
    }
    condition("replacing only a known state", isKnown)
    let known = try await find(key)
    if let known, known.entry.version == first.version {
      let isKept = known.entry.modified == metadata.modified && known.entry.mode == metadata.mode
      checks.append(
        isKept
          ? ServiceFinding("modification times and permissions", .good, "kept as metadata, as rclone and gcloud do")
          : ServiceFinding(
            "modification times and permissions", .failed, "metadata does not come back",
            advice: "files will be restored with new times"))
    }
    let outcome = try await delete([DeleteTarget(key, ifMatches: wrong)])
    condition("deleting only a known state", outcome.first?.error?.code == .preconditionFailed)
    return checks
  }

  private func fails(_ code: StorageError.Code, _ body: () async throws -> WriteReceipt) async throws -> Bool {
    do {
      _ = try await body()
      return false
    } catch let error as StorageError where error.code == code { return true }
  }
}
