import Markup
import Primitives
import Testing

func utf8(_ text: String) -> [UInt8] { [UInt8](text.utf8) }

/// The error `body` throws, if it is a `MarkupError`.
func markupError(_ body: () throws -> Void) -> MarkupError? {
  do {
    try body()
    return nil
  } catch {
    return error as? MarkupError
  }
}
