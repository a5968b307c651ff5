/// Something a command found wrong by itself.
struct CommandError: Error, CustomStringConvertible {
  /// The bounded code for JSON.
  let code: String
  /// What happened, in one line.
  let message: String
  /// What to do, in one line, if something can be done.
  let advice: String?
  /// How the program ends.
  let status: ExitStatus

  init(_ code: String, _ message: String, advice: String? = nil, status: ExitStatus) {
    self.code = code
    self.message = message
    self.advice = advice
    self.status = status
  }

  var description: String { message }

  /// Something in well-formed arguments that makes no sense.
  static func usage(_ message: String, advice: String? = nil) -> CommandError {
    CommandError("usage", message, advice: advice, status: .usage)
  }
}

/// Nobody reads the output any more (`isobar ls | head`): the command ends without a word.
struct OutputClosed: Error {}
