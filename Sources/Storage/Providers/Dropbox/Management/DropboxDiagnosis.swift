import Crypto
import Markup
public import ObjectStorage
import Primitives

extension DropboxStore {
  /// Looks at credentials, account, space and folder, and tries to write, to compare states and to read back. About twelve requests.
  public func diagnose() async throws -> [ServiceFinding] {
    var findings: [ServiceFinding] = []
    do {
      _ = try await client.tokens.current()
      findings.append(ServiceFinding("credentials", .good, "from \(credentialSource)"))
    } catch let error as StorageError {
      return [ServiceFinding("credentials", .failed, error.message, advice: error.detail)]
    }
    findings.append(try await account())
    if let space = try await space() { findings.append(space) }
    do {
      guard try await containerExists() else {
        findings.append(
          ServiceFinding(
            "folder", .failed, "there is no folder “\(shownFolder)” in the Dropbox",
            advice: "check the name, or let Isobar make it"))
        return findings
      }
      findings.append(ServiceFinding("folder", .good, "“\(shownFolder)”"))
    } catch let error as StorageError {
      findings.append(ServiceFinding("folder", .failed, error.message, advice: error.detail))
      return findings
    }
    do { findings += try await tryWriting() } catch let error as StorageError {
      findings.append(ServiceFinding("writing", .failed, error.message, advice: error.detail))
    }
    return findings
  }

  private var shownFolder: String { "/" + DisplayText.escape(configuration.prefix.dropLast()) }

  private func account() async throws -> ServiceFinding {
    do {
      let account = try await client.fetch(DropboxRequest(.account))
      let name = account["name"]?["display_name"]?.stringValue ?? "no name"
      let kind = account["account_type"]?[".tag"]?.stringValue.map { " (\($0))" } ?? ""
      return ServiceFinding("account", .good, DisplayText.escape(name + kind))
    } catch let error as StorageError {
      let isNeeded = configuration.pathRoot == .root
      return ServiceFinding(
        "account", isNeeded ? .failed : .limited, error.message,
        advice: isNeeded ? error.detail : "only needed to show it here")
    }
  }

  /// How full the account is; nil where the service does not say.
  private func space() async throws -> ServiceFinding? {
    let answer: JSONValue
    do { answer = try await client.fetch(DropboxRequest(.space)) } catch is StorageError { return nil }
    guard let used = answer["used"]?.integerValue, let allocated = answer["allocation"]?["allocated"]?.integerValue else {
      return nil
    }
    let text = "\(ByteCount(max(used, 0))) of \(ByteCount(max(allocated, 0))) are used"
    return used < allocated
      ? ServiceFinding("space", .good, text)
      : ServiceFinding("space", .failed, text, advice: "nothing can be written until some is freed")
  }

  private func tryWriting() async throws -> [ServiceFinding] {
    let key = try ObjectKey(Self.trials + Array(Hex.encode(Random.bytes(8)).utf8))
    do {
      let findings = try await tryWriting(key)
      _ = try await delete([DeleteTarget(key)])
      return findings
    } catch {
      await Task { _ = try? await self.delete([DeleteTarget(key)]) }.value
      throw error
    }
  }

  private func tryWriting(_ key: ObjectKey) async throws -> [ServiceFinding] {
    var findings: [ServiceFinding] = []
    let time = Timestamp(seconds: 1_700_000_000)
    let first = try await write(
      .bytes([1]), to: key, WriteOptions(condition: .ifAbsent, metadata: ObjectMetadata(modified: time)))
    findings.append(ServiceFinding("writing", .good, "files can be written"))
    func condition(_ name: String, _ isObeyed: Bool) {
      findings.append(
        isObeyed
          ? ServiceFinding(name, .good, "the condition is obeyed")
          : ServiceFinding(
            name, .limited, "the condition is ignored",
            advice: "this is not Dropbox: let nothing else write the same files at the same moment"))
    }
    condition(
      "writing only new files",
      try await fails(.alreadyExists) { try await self.write(.bytes([2]), to: key, WriteOptions(condition: .ifAbsent)) })
    let wrong = ObjectVersion("0123456789abcdef0")
    condition(
      "replacing only a known state",
      try await fails(.preconditionFailed) {
        try await self.write(.bytes([3]), to: key, WriteOptions(condition: .ifMatches(wrong)))
      })
    let known = try await find(key)
    if let known, known.entry.version == first.version {
      findings.append(
        known.entry.modified == time
          ? ServiceFinding("modification times", .good, "kept, to the second")
          : ServiceFinding(
            "modification times", .failed, "they do not come back", advice: "files will be restored with new times"))
      let bytes = try await readBytes(key, limit: 16)
      findings.append(
        bytes == [1]
          ? ServiceFinding("reading", .good, "files come back as they were")
          : ServiceFinding("reading", .failed, "a file came back with other bytes"))
    }
    let outcome = try await delete([DeleteTarget(key, ifMatches: wrong)])
    condition("deleting only a known state", outcome.first?.error?.code == .preconditionFailed)
    return findings
  }

  private func fails(_ code: StorageError.Code, _ body: () async throws -> WriteReceipt) async throws -> Bool {
    do {
      _ = try await body()
      return false
    } catch let error as StorageError where error.code == code { return true }
  }
}
