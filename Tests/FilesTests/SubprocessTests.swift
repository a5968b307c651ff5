import Files
import Glibc
import Testing

struct SubprocessTests {
  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test func `output, error text and status come back apart`() throws {
    let result = try Subprocess.run(.shell("echo out; echo err >&2; exit 3"), timeout: .seconds(10))
    #expect(text(result.output) == "out\n" && text(result.errorText) == "err\n" && result.status == 3)
    let killed = try Subprocess.run(.shell("kill -9 $$"), timeout: .seconds(10))
    #expect(killed.status == 137)
  }

  @Test func `arguments are not read by a shell`() throws {
    let result = try Subprocess.run(.program("printf", arguments: ["%s|", "a b", "$HOME", ""]), timeout: .seconds(10))
    #expect(text(result.output) == "a b|$HOME||")
  }

  @Test func `the environment is inherited, added to, or replaced`() throws {
    setenv("ISOBAR_TEST_A", "1", 1)
    let command = Subprocess.Command.shell("echo $ISOBAR_TEST_A $ISOBAR_TEST_B")
    func output(_ environment: Subprocess.Environment) throws -> String {
      text(try Subprocess.run(command, environment: environment, timeout: .seconds(10)).output)
    }
    #expect(try output(.inherited) == "1\n")
    #expect(try output(.adding(["ISOBAR_TEST_B": "2"])) == "1 2\n")
    #expect(try output(.adding(["ISOBAR_TEST_A": "3"])) == "3\n")
    #expect(try output(.exactly(["ISOBAR_TEST_B": "2"])) == "2\n")
  }

  @Test func `the input is empty and no descriptor is inherited`() throws {
    let leaked = open("/dev/null", O_RDONLY)  // without O_CLOEXEC
    defer { close(leaked) }
    let result = try Subprocess.run(.shell("cat; ls /proc/self/fd | wc -l"), timeout: .seconds(10))
    // 0, 1, 2 and the one that ls lists with.
    #expect(text(result.output) == "4\n")
  }

  @Test func `after the timeout the whole group is killed`() throws {
    let began = ContinuousClock.now
    let error = #expect(throws: SubprocessError.self) {
      try Subprocess.run(.shell("sleep 60 & sleep 60"), timeout: .milliseconds(200))
    }
    #expect(error?.code == .timedOut)
    #expect(ContinuousClock.now - began < .seconds(10))
  }

  @Test func `a program left in the background is not waited for`() throws {
    let began = ContinuousClock.now
    let result = try Subprocess.run(.shell("sleep 5 & echo done"), timeout: .seconds(4))
    #expect(text(result.output) == "done\n")
    #expect(ContinuousClock.now - began < .seconds(4))
  }

  @Test func `too much output is an error and too much error text is cut`() throws {
    let error = #expect(throws: SubprocessError.self) {
      try Subprocess.run(.shell("yes"), timeout: .seconds(10), outputLimit: 1000)
    }
    #expect(error?.code == .outputTooLong)
    let result = try Subprocess.run(.shell("head -c 300000 /dev/zero >&2; echo ok"), timeout: .seconds(10), errorLimit: 10)
    #expect(result.errorText.count == 10 && text(result.output) == "ok\n")
  }

  @Test func `a program that does not exist cannot be started`() {
    let error = #expect(throws: SubprocessError.self) {
      try Subprocess.run(.program("/nonexistent/program", arguments: ["secret"]), timeout: .seconds(1))
    }
    #expect(error?.code == .cannotStart)
    #expect(error?.description.contains("secret") == false)
  }
}
