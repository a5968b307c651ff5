import Glibc

/// What a descriptor can show: found out once and passed along.
public struct TerminalStyle: Sendable, Equatable {
  /// Whether the descriptor is a terminal (lines may be rewritten there).
  public var isTerminal: Bool
  /// Whether colours and bold are wanted.
  public var isColoured: Bool
  /// Columns; 80 where nobody knows.
  public var width: Int

  /// A style of its parts.
  public init(isTerminal: Bool, isColoured: Bool, width: Int) {
    self.isTerminal = isTerminal
    self.isColoured = isColoured
    self.width = width
  }

  /// No terminal: 80 columns without colours.
  public static let plain = TerminalStyle(isTerminal: false, isColoured: false, width: 80)

  /// What `descriptor` is. Colours need a terminal that is not `dumb`, and `NO_COLOR` unset or empty. `COLUMNS` sets the width.
  public static func detect(_ descriptor: Int32 = 1) -> TerminalStyle {
    detect(descriptor) { getenv($0).map { String(cString: $0) } }
  }

  /// The same with an environment of the caller's.
  public static func detect(_ descriptor: Int32, environment: (String) -> String?) -> TerminalStyle {
    let isTerminal = isatty(descriptor) == 1
    let term = environment("TERM") ?? ""
    let isColoured = isTerminal && !term.isEmpty && term != "dumb" && (environment("NO_COLOR") ?? "").isEmpty
    return TerminalStyle(isTerminal: isTerminal, isColoured: isColoured, width: width(descriptor, environment("COLUMNS")))
  }

  private static func width(_ descriptor: Int32, _ columns: String?) -> Int {
    if let columns, let wanted = Int(columns), (20...1000).contains(wanted) { return wanted }
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return max(20, Int(size.ws_col))
  }

  /// The colours in use, and bold.
  public enum Colour: String, Sendable {
    /// Failures.
    case red = "31"
    /// Success.
    case green = "32"
    /// Warnings.
    case yellow = "33"
    /// Places and names.
    case blue = "34"
    /// Conflicts.
    case magenta = "35"
    /// Numbers.
    case cyan = "36"
    /// What matters less.
    case grey = "90"
    /// Headings.
    case bold = "1"
  }

  /// `text` in `colour` where colours are wanted, else as it is.
  public func paint(_ text: String, _ colour: Colour) -> String {
    isColoured ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
  }
}
