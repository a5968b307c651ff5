import Arguments
import Observability
import Glibc
import Markup

/// The program: understands a command line and runs it. Nothing is built before the command line is understood.
public enum Program {
  /// Runs the command line of this process, to its end.
  public static func main() -> Never {
    let console = Console.standard()
    let step = begin(CommandLine.argumentBytes, console: console)
    guard case .run(let command, let call) = step else {
      guard case .ended(let code) = step else { preconditionFailure("a step is one or the other") }
      exit(code)
    }
    let interruption = Interruption.install()
    // `_exit`: everything was written and closed by now, and what C libraries do at `exit` would race with threads that still end.
    let work = Task { _exit(await finish(command, call)) }
    interruption.onFirst { work.cancel() }
    while true { pause() }
  }

  /// Runs a command line.
  /// - Parameters:
  ///   - arguments: the words after the program's name.
  ///   - console: where it reads and writes.
  /// - Returns: the exit code. Cancelling the task interrupts the command: 130.
  public static func run(_ arguments: [[UInt8]], console: Console) async -> Int32 {
    switch begin(arguments, console: console) {
    case .ended(let code): code
    case .run(let command, let call): await finish(command, call)
    }
  }

  private enum Step {
    /// All was said.
    case ended(Int32)
    /// There is work to do.
    case run(any Command.Type, Call)
  }

  /// Understands the command line, and answers what can be answered at once: no thread is started for it.
  private static func begin(_ arguments: [[UInt8]], console: Console) -> Step {
    var console = console
    let parsed: ParsedCommand
    do throws(UsageError) {
      parsed = try CommandLine.parse(arguments, root: CommandTree.description) { console.environment[$0] }
    } catch {
      console.printError("isobar: \(error.description)")
      return .ended(ExitStatus.usage.code)
    }
    let output: OutputOptions
    do {
      output = try OutputOptions(parsed)
    } catch {
      console.printError("isobar: \(error)")
      return .ended(ExitStatus.usage.code)
    }
    if output.isColourForbidden {
      console.outputStyle.isColoured = false
      console.errorStyle.isColoured = false
    }
    let call = Call(arguments: parsed, console: console, output: output)
    do {
      switch parsed.request {
      case .help:
        let renderer = HelpRenderer(width: console.outputStyle.width, isBold: console.outputStyle.isColoured)
        try console.write(Array((renderer.render(CommandTree.description, path: parsed.path) ?? "").utf8))
      case .helpJSON: try console.write(CommandTree.description.json())
      case .version: try console.print("isobar \(Version.number)")
      case .run:
        guard let command = CommandTree.root.command(at: parsed.path[...]) else {
          preconditionFailure("a command was described that nobody carries out")
        }
        guard let immediate = command as? any ImmediateCommand.Type else { return .run(command, call) }
        return .ended(try immediate.answer(call).code)
      }
      return .ended(ExitStatus.done.code)
    } catch {
      return .ended(report(error, ExitStatus(error), call))
    }
  }

  private static func finish(_ command: any Command.Type, _ call: Call) async -> Int32 {
    do { return try await command.run(call).code } catch {
      return report(error, Task.isCancelled ? .interrupted : ExitStatus(error), call)
    }
  }

  private static func report(_ error: any Error, _ status: ExitStatus, _ call: Call) -> Int32 {
    ErrorReport(error, status: status).show(to: call)
    return status.code
  }
}
