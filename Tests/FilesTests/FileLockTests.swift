import Files
import Glibc
import Testing

struct FileLockTests {
  @Test func `a lock excludes others until its holder lets it go`() throws {
    let folder = try TemporaryFolder()
    let path = bytes(folder.path + "/lock")
    #expect(FileLock.holder(path) == nil)
    do {
      let lock = try #require(try FileLock.acquire(path))
      #expect(try FileLock.acquire(path) == nil)
      #expect(FileLock.holder(path) == getpid())
      withExtendedLifetime(lock) {}
    }
    #expect(try FileLock.acquire(path) != nil)
  }

  @Test func `a lock that another process holds is refused, and free when that process dies`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/lock"
    guard Glibc.system("command -v python3 > /dev/null") == 0 else { return }
    // Python's lockf takes a process-owned lock, which excludes ours and the other way round.
    let script = "import fcntl,os,sys;f=open('\(path)','w');fcntl.lockf(f,fcntl.LOCK_EX);open('\(path).ready','w');os.read(0,1)"
    let holder = try #require(popen("exec python3 -c \"\(script)\"", "w"))
    for _ in 0..<30_000 where access(path + ".ready", F_OK) != 0 { usleep(1000) }
    #expect(try FileLock.acquire(bytes(path)) == nil)
    pclose(holder)
    #expect(try FileLock.acquire(bytes(path)) != nil)
  }
}
