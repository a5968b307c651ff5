import Arguments
import Concurrency
import Emulators
import HTTPMessages
import HTTPServer
import Markup

/// `isobar emulate SERVICE`
enum EmulateCommand: Command {
  static let description = CommandDescription(
    name: "emulate", abstract: "Be a cloud service on this machine, for developing and testing",
    discussion: """
      Answers as the service would, from memory or a folder, and prints what a client must be told. Only programs of this machine can \
      reach it unless --listen says otherwise. It keeps to the service's rules, preconditions and errors; --latency and --errors make it \
      behave like one that is far away and busy, the same way for the same seed. Ctrl-C stops it when the answers under way have gone out.
      """,
    examples: [
      CommandExample("isobar emulate azure --port 10000 --data ~/blobs", "A storage account that is there again tomorrow."),
      CommandExample("isobar emulate gcs --latency 50ms --jitter 20ms", "Google Cloud Storage, some way off."),
      CommandExample("isobar emulate dropbox --errors 5% --seed 7", "A bad day at Dropbox, the same one each time."),
      CommandExample("isobar emulate gcs --json", "Print the address and the settings for a script."),
    ],
    options: [
      OptionDescription(
        long: "port", value: .value(name: "N", kind: .int), help: "Listen on this port", defaultText: "one that is free"),
      OptionDescription(
        long: "data", value: .value(name: "DIR", kind: .path), help: "Keep everything in this folder",
        defaultText: "memory and a temporary folder, gone at the end"),
      OptionDescription(
        long: "listen", value: .value(name: "ADDRESS", kind: .string), help: "Listen on this IP address; others may reach it then",
        defaultText: "127.0.0.1"),
      OptionDescription(
        long: "latency", value: .value(name: "TIME", kind: .duration), help: "Take this much longer for each answer",
        defaultText: "0s"),
      OptionDescription(
        long: "jitter", value: .value(name: "TIME", kind: .duration), help: "And up to this much more, by chance", defaultText: "0s"
      ),
      OptionDescription(
        long: "errors", value: .value(name: "P%", kind: .string),
        help:
          "Let this share of requests fail: half of it is refused (429, 503), the rest breaks before, after or during the answer",
        defaultText: "0%"),
      OptionDescription(
        long: "seed", value: .value(name: "N", kind: .int), help: "Draw latencies and errors from this seed",
        defaultText: "a new one each time, which is printed"),
      OptionDescription(long: "json", help: "Print one JSON object with the address and what to set; errors too"),
    ],
    operands: [
      OperandDescription(
        name: "SERVICE", help: "the service", completion: .choice(EmulatorKind.allCases.map(\.rawValue)))
    ], exitCodes: ExitStatus.descriptions(0, 1, 2))

  static func run(_ call: Call) async throws -> ExitStatus {
    let request = try EmulateRequest(call.arguments)
    let emulator = try EmulatorRegistry.make(request.kind, request.options)
    do {
      try await serve(emulator, request, call)
      await emulator.close()
      return .done
    } catch {
      await emulator.close()
      throw error
    }
  }

  private static func serve(_ emulator: any Emulator, _ request: EmulateRequest, _ call: Call) async throws {
    let faulty = FaultyHandler(emulator, request.options)
    let counted = RequestTally(faulty, console: call.output.verbosity > 0 ? call.console : nil)
    let loop = EventLoop(name: "emulator")
    defer { loop.shutdown() }
    let listener = HTTPListener(loop: loop, handler: counted, options: request.listener)
    let port: UInt16
    do {
      port = try listener.start()
    } catch let error as HTTPListenerError {
      throw CommandError(error.code.rawValue, error.message, advice: "Choose another with --port or --listen.", status: .usage)
    }
    do {
      try announce(emulator, request, port: port, call)
      await untilCancelled()
    } catch {
      await listener.close()
      throw error
    }
    if !call.output.isQuiet, !call.output.isJSON { call.console.printError("Stopping.") }
    // The first Ctrl-C has cancelled this task; the answers under way still have their time.
    try await shielded { await listener.stop(within: .seconds(5)) }
    if !call.output.isQuiet, !call.output.isJSON { call.console.printError(counted.summary(faulty.fired)) }
  }

  private static func untilCancelled() async {
    try? await OneShot<Void>().wait()
  }

  private static func announce(_ emulator: any Emulator, _ request: EmulateRequest, port: UInt16, _ call: Call) throws {
    let endpoint = request.endpoint(port: port)
    let settings = emulator.environment(at: endpoint)
    if call.output.isJSON {
      var members: [JSONObject.Member] = [
        .init("service", .string(request.kind.rawValue)), .init("address", .string(endpoint.description)),
        .init("host", .string(endpoint.host)), .init("port", .integer(Int64(port))),
        .init("environment", .object(JSONObject(settings.map { .init($0.name, .string($0.value)) }))),
      ]
      if let data = request.options.data { members += PathJSON.members(data, name: "data") }
      if !request.options.faults.isNone { members.append(.init("seed", .integer(request.seed))) }
      return try call.console.printJSON(.object(JSONObject(members)))
    }
    try call.console.print("\(request.kind.serviceName) is emulated at \(endpoint). For its clients:")
    for setting in settings { try call.console.print("export \(setting.name)='\(setting.value)'") }
    if call.output.isQuiet { return }
    if !request.options.faults.isNone { call.console.printError("Things go wrong by seed \(request.seed).") }
    if request.isPublic { call.console.printError("Everyone who can reach \(request.listener.address) may read and change it.") }
    call.console.printError("Ctrl-C stops it.")
  }
}
