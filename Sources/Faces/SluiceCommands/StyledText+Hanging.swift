import SluiceArguments

extension StyledText {
  /// Lines of at most `width` columns; all but the first begin at the column `indent`.
  func hanging(at indent: Int, width: Int) -> [StyledText] {
    guard self.width > width, let first = wrapped(to: width).first else { return [self] }
    let space = StyledText(String(repeating: " ", count: indent))
    return [first] + dropping(first.width).wrapped(to: max(1, width - indent)).map { space + $0 }
  }
}
