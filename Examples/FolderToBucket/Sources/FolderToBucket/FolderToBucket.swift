import Isobar

/// Keeps a folder and a bucket in step:
///
///     FolderToBucket [--dry-run] FOLDER BUCKET[/PREFIX] [ENDPOINT]
///
/// Credentials are looked for where the AWS programs look: environment, ~/.aws, container, machine.
@main
struct FolderToBucket {
  static func main() async {
    var arguments = Array(CommandLine.arguments.dropFirst())
    let isDryRun = arguments.first == "--dry-run"
    if isDryRun { arguments.removeFirst() }
    guard (2...3).contains(arguments.count) else {
      print("usage: FolderToBucket [--dry-run] FOLDER BUCKET[/PREFIX] [ENDPOINT]")
      return
    }
    do {
      let bucket = try place(of: arguments[1...].joined(separator: "?endpoint="))
      var options = SyncOptions(conflicts: .newest)
      options.filter.exclude = [try IgnorePattern("*.tmp"), try IgnorePattern(".cache/")].compactMap { $0 }
      let engine = try SyncEngine(left: .folder(arguments[0]), right: bucket, options: options)
      let watcher = Task { await watch(engine.events) }
      await sync(engine, isDryRun: isDryRun)
      await engine.close()
      await watcher.value
    } catch {
      print("it cannot begin: \(error)")
    }
  }

  static func sync(_ engine: SyncEngine, isDryRun: Bool) async {
    do {
      if isDryRun {
        let totals = try await engine.plan()[0].result.get().totals
        print("\(totals.changes) changes, \(ByteCount(totals.bytes)), about \(totals.requests) requests")
        return
      }
      let report = try await engine.run()
      print("\(report.transferred) files sent, \(report.deleted) deleted, \(report.conflicts) conflicts, in \(report.duration)")
      print("requests:", RequestClass.allCases.map { "\(report.requests[$0]) \($0)" }.joined(separator: ", "))
    } catch let stop as GuardStop {
      // More deletes than anyone means to: nothing was changed.
      print("stopped: \(stop)")
    } catch let error as StorageError {
      // Each says what to do. The code tells what it means: .unauthenticated, .storeNotFound, .unavailable…
      print("a store cannot be used (\(error.code)): \(error)")
    } catch {
      print("it did not work: \(error)")
    }
  }

  /// The bucket, named as on the command line of `isobar`.
  static func place(of bucket: String) throws -> Place {
    let nothingConfigured = try SettingsLoader.parse([], file: nil, folder: "/", environment: [:])
    return try PlaceResolver(settings: nothingConfigured).place(End.parse("s3://\(bucket)"))
  }

  /// Shows what happens, as it happens; never slows the engine down.
  static func watch(_ events: EventListener<EngineEvent>) async {
    for await event in events {
      switch event {
      case .event(.finished(let path, let action), _): print("  \(path): \(action)")
      case .event(.failed(let failure), _): print("  \(failure.key): \(failure)")
      case .event(.conflict(let outcome), _): print("  \(outcome.key): changed on both sides, \(outcome.resolution)")
      case .event: break
      case .progress(let progress) where progress.plannedChanges > 0:
        print("  \(progress.settled) of \(progress.plannedChanges), \(ByteCount(progress.movedBytes))")
      case .progress: break
      }
    }
  }
}
