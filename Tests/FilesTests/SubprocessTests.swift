import Concurrency
import Files
import Glibc
import Testing

struct SubprocessTests {
  /// Waits for a program on a thread made for it: the threads that run the tests are few.
  private func run(
    _ command: Subprocess.Command, environment: Subprocess.Environment = .inherited, timeout: Duration = .seconds(120),
    outputLimit: Int = 1 << 20, errorLimit: Int = 4096
  ) async throws -> Subprocess.Result {
    try await BlockingPool(name: "program", threads: 1).run {
      try Subprocess.run(
        command, environment: environment, timeout: timeout, outputLimit: outputLimit, errorLimit: errorLimit)
    }
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test func `output, error text and status come back apart`() async throws {
    let result = try await run(.shell("echo out; echo err >&2; exit 3"))
    #expect(text(result.output) == "out\n" && text(result.errorText) == "err\n" && result.status == 3)
    let killed = try await run(.shell("kill -9 $$"))
    #expect(killed.status == 137)
  }

  @Test func `arguments are not read by a shell`() async throws {
    let result = try await run(.program("printf", arguments: ["%s|", "a b", "$HOME", ""]))
    #expect(text(result.output) == "a b|$HOME||")
  }

  @Test func `the environment is inherited, added to, or replaced`() async throws {
    // Not one of our own: other tests start programs at this moment, and setenv would take the environment from under them.
    let path = try #require(getenv("PATH").map { String(cString: $0) })
    let command = Subprocess.Command.shell("echo ${PATH-none} $ISOBAR_TEST")
    func output(_ environment: Subprocess.Environment) async throws -> String {
      text(try await run(command, environment: environment).output)
    }
    #expect(try await output(.inherited) == "\(path)\n")
    #expect(try await output(.adding(["ISOBAR_TEST": "2"])) == "\(path) 2\n")
    #expect(try await output(.adding(["PATH": "/bin", "ISOBAR_TEST": "3"])) == "/bin 3\n")
    // A shell without a path gives itself one.
    #expect(try await output(.exactly(["ISOBAR_TEST": "4"])).hasSuffix(" 4\n"))
  }

  @Test func `the input is empty and no descriptor is inherited`() async throws {
    let leaked = open("/dev/null", O_RDONLY)  // without O_CLOEXEC
    defer { close(leaked) }
    let result = try await run(.shell("cat; ls /proc/self/fd | wc -l"))
    // 0, 1, 2 and the one that ls lists with.
    #expect(text(result.output) == "4\n")
  }

  @Test func `after the timeout the whole group is killed`() async throws {
    let began = ContinuousClock.now
    let error = await #expect(throws: SubprocessError.self) {
      try await run(.shell("sleep 600 & sleep 600"), timeout: .milliseconds(200))
    }
    #expect(error?.code == .timedOut, "\(String(describing: error))")
    #expect(ContinuousClock.now - began < .seconds(300))
  }

  @Test func `a program left in the background is not waited for`() async throws {
    let result = try await run(.shell("sleep 600 & echo $!"))
    let background = try #require(pid_t(text(result.output).dropLast()))
    // It has not been waited for: it is there still.
    #expect(kill(background, SIGKILL) == 0)
  }

  @Test func `too much output is an error and too much error text is cut`() async throws {
    let error = await #expect(throws: SubprocessError.self) {
      try await run(.shell("yes"), outputLimit: 1000)
    }
    #expect(error?.code == .outputTooLong)
    let result = try await run(.shell("head -c 300000 /dev/zero >&2; echo ok"), errorLimit: 10)
    #expect(result.errorText.count == 10 && text(result.output) == "ok\n")
  }

  @Test func `a program that does not exist cannot be started`() async {
    let error = await #expect(throws: SubprocessError.self) {
      try await run(.program("/nonexistent/program", arguments: ["secret"]), timeout: .seconds(1))
    }
    #expect(error?.code == .cannotStart)
    #expect(error?.description.contains("secret") == false)
  }
}
