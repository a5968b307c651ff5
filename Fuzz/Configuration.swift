import Configuration

/// A configuration file, whatever it holds, gives settings or errors that say where; what is read can be shown without its secrets.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  do {
    _ = try SettingsLoader.parse(
      bytes, file: "isobar.yaml", folder: "/etc/isobar", environment: ["HOME": "/home/ada", "NAME": "${NAME}", "EMPTY": ""])
  } catch {
    guard let error = error as? ConfigurationError else { preconditionFailure("another error: \(error)") }
    precondition(!error.problems.isEmpty, "an error without a problem")
    for problem in error.problems {
      precondition(!problem.description.utf8.contains { $0 < 0x20 && $0 != 0x0A }, "a message with control characters")
    }
  }
  return 0
}
