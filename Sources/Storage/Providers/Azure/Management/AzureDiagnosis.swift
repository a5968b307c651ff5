import Crypto
public import ObjectStorage
import Primitives

extension AzureStore {
  /// Tries everything that Isobar relies on: credentials, container, writing, conditions, metadata, copying, deleting. About twenty
  /// requests; leaves nothing behind. Ends early where what follows cannot work.
  public func diagnose() async throws -> [ServiceFinding] {
    var findings: [ServiceFinding] = []
    func failed(_ name: String, _ error: StorageError) {
      findings.append(ServiceFinding(name, .failed, error.message, advice: error.detail))
    }
    do {
      findings.append(finding(try await client.credentials.current()))
    } catch let error as StorageError {
      failed("credentials", error)
      return findings
    }
    let place = "“\(configuration.container)” at \(configuration.endpoint)"
    do {
      guard try await containerExists() else {
        let make = "az storage container create --account-name \(configuration.account) --name \(configuration.container)"
        findings.append(
          ServiceFinding(
            "container", .failed, "there is no container \(place)", advice: "check the name, or make it with: \(make)"))
        return findings
      }
      findings.append(ServiceFinding("container", .good, place))
    } catch let error as StorageError {
      failed("container", error)
      return findings
    }
    do { findings += try await tryWriting() } catch let error as StorageError { failed("writing", error) }
    return findings
  }

  private func finding(_ credential: AzureCredential) -> ServiceFinding {
    let from = "\(credential.kind), from \(credentialSource?.description ?? "elsewhere")"
    switch credential {
    case .anonymous:
      return ServiceFinding("credentials", .limited, "none: nobody signs in", advice: "only public blobs can be read")
    case .signature(let signature):
      guard let letters = signature.permissions else { break }
      let missing = "rwdl".filter { !letters.contains($0) }
      if !missing.isEmpty {
        return ServiceFinding(
          "credentials", .limited, "\(from): it lacks the permissions \(missing)", advice: "make a signature with rwdl")
      }
      if let end = signature.expiration, end < client.clock.now() {
        return ServiceFinding("credentials", .failed, "\(from): it expired \(end.iso8601)", advice: "make a new signature")
      }
    case .sharedKey:
      return ServiceFinding(
        "credentials", .good, from, advice: "the key opens the whole account: the role Storage Blob Data Contributor is enough")
    case .token: break
    }
    return ServiceFinding("credentials", .good, from)
  }

  private func tryWriting() async throws -> [ServiceFinding] {
    let key = try ObjectKey(Self.trials + Array(Hex.encode(Random.bytes(8)).utf8))
    let copy = try ObjectKey(key.bytes + Array("-copy".utf8))
    do {
      let findings = try await tryWriting(key, copy)
      _ = try await delete([DeleteTarget(key), DeleteTarget(copy)])
      return findings
    } catch {
      await Task { _ = try? await self.delete([DeleteTarget(key), DeleteTarget(copy)]) }.value
      throw error
    }
  }

  private func tryWriting(_ key: ObjectKey, _ copy: ObjectKey) async throws -> [ServiceFinding] {
    var findings: [ServiceFinding] = []
    let metadata = ObjectMetadata(modified: Timestamp(seconds: 1_700_000_000, nanoseconds: 123_456_789), mode: 0o640)
    _ = try await write(.bytes([1]), to: key, WriteOptions(condition: .ifAbsent, metadata: metadata))
    findings.append(ServiceFinding("writing", .good, "objects can be written"))
    func condition(_ name: String, _ header: String, _ isObeyed: Bool) {
      findings.append(
        isObeyed
          ? ServiceFinding(name, .good, "\(header) is obeyed")
          : ServiceFinding(
            name, .limited, "\(header) is ignored",
            advice: "this is no Azure service, or an emulator: let nothing else write the same files at the same moment"))
    }
    let isNew = try await fails(.alreadyExists) {
      _ = try await self.write(.bytes([2]), to: key, WriteOptions(condition: .ifAbsent))
    }
    condition("writing only new objects", "If-None-Match", isNew)
    let wrong = ObjectVersion("0x8D0000000000000")
    let isKnown = try await fails(.preconditionFailed) {
      _ = try await self.write(.bytes([3]), to: key, WriteOptions(condition: .ifMatches(wrong)))
    }
    condition("replacing only a known state", "If-Match", isKnown)
    if isNew, isKnown, let found = try await find(key) {
      let isKept = found.entry.modified == metadata.modified && found.entry.mode == metadata.mode
      findings.append(
        isKept
          ? ServiceFinding("modification times and permissions", .good, "kept as metadata, as rclone does")
          : ServiceFinding(
            "modification times and permissions", .failed, "metadata does not come back",
            advice: "files will be restored with new times"))
    }
    do {
      _ = try await self.copy(key, to: copy, CopyOptions())
      findings.append(ServiceFinding("copying", .good, "the service copies by itself"))
    } catch let error as StorageError {
      findings.append(
        ServiceFinding(
          "copying", .limited, error.message,
          advice: "renamed files are sent again; a firewall that shuts the service itself out is the usual reason"))
    }
    let outcome = try await delete([DeleteTarget(key, ifMatches: wrong)])
    condition("deleting only a known state", "If-Match", outcome.first?.error?.code == .preconditionFailed)
    return findings
  }

  private func fails(_ code: StorageError.Code, _ body: () async throws -> Void) async throws -> Bool {
    do {
      try await body()
      return false
    } catch let error as StorageError where error.code == code { return true }
  }
}
