import Arguments
import Observability
import Glibc
import Markup

/// The program: understands a command line and runs it. Nothing is built before the command line is understood.
public enum Program {
  /// Runs the command line of this process, to its end.
  public static func main() async -> Never {
    let console = Console.standard()
    let interruption = Interruption.install()
    let work = Task { await run(CommandLine.argumentBytes, console: console) }
    interruption.onFirst { work.cancel() }
    exit(await work.value)
  }

  /// Runs a command line.
  /// - Parameters:
  ///   - arguments: the words after the program's name.
  ///   - console: where it reads and writes.
  /// - Returns: the exit code. Cancelling the task interrupts the command: 130.
  public static func run(_ arguments: [[UInt8]], console: Console) async -> Int32 {
    var console = console
    let parsed: ParsedCommand
    do throws(UsageError) {
      parsed = try CommandLine.parse(arguments, root: CommandTree.description) { console.environment[$0] }
    } catch {
      console.printError("isobar: \(error.description)")
      return ExitStatus.usage.code
    }
    let output: OutputOptions
    do {
      output = try OutputOptions(parsed)
    } catch {
      console.printError("isobar: \(error)")
      return ExitStatus.usage.code
    }
    if output.isColourForbidden {
      console.outputStyle.isColoured = false
      console.errorStyle.isColoured = false
    }
    let call = Call(arguments: parsed, console: console, output: output)
    do {
      return try await answer(call).code
    } catch {
      let status = Task.isCancelled ? ExitStatus.interrupted : ExitStatus(error)
      ErrorReport(error, status: status).show(to: call)
      return status.code
    }
  }

  private static func answer(_ call: Call) async throws -> ExitStatus {
    let console = call.console
    switch call.arguments.request {
    case .help:
      let renderer = HelpRenderer(width: console.outputStyle.width, isBold: console.outputStyle.isColoured)
      try console.write(Array((renderer.render(CommandTree.description, path: call.arguments.path) ?? "").utf8))
    case .helpJSON: try console.write(CommandTree.description.json())
    case .version: try console.print("isobar \(Version.number)")
    case .run:
      guard let command = CommandTree.root.command(at: call.arguments.path[...]) else {
        preconditionFailure("a command was described that nobody carries out")
      }
      return try await command.run(call)
    }
    return .done
  }
}
