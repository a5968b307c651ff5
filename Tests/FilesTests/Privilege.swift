import Glibc

@_silgen_name("setfsuid") private func setfsuid(_ user: UInt32) -> Int32

/// Runs `body` as a user whom permissions bind; threads that it starts are bound too.
func withoutPrivilege<Result>(_ body: () throws -> Result) throws -> Result {
  guard geteuid() == 0 else { return try body() }
  // The identity for file access belongs to the thread, and the body does not leave it.
  _ = setfsuid(65_534)
  defer { _ = setfsuid(0) }
  return try body()
}
