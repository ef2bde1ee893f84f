/// A tree for a terminal, drawn with `├─` and `└─`.
public struct TextTree: Sendable {
  public var label: StyledText
  public var children: [TextTree]

  public init(_ label: StyledText, _ children: [TextTree] = []) {
    self.label = label
    self.children = children
  }

  /// The lines, none wider than `width`; a long label goes on below its own beginning.
  public func lines(width: Int = 100, style: Style = .plain) -> [String] {
    var lines: [String] = []
    draw(into: &lines, first: "", below: "", width: width, style: style)
    return lines
  }

  private func draw(
    into lines: inout [String], first: String, below: String, width: Int, style: Style
  ) {
    let room = max(1, width - DisplayWidth.of(first))
    for (index, line) in label.wrapped(to: room).enumerated() {
      lines.append(style.paint(index == 0 ? first : below, .faint) + line.rendered(style))
    }
    for (index, child) in children.enumerated() {
      let (branch, trunk) = index == children.count - 1 ? ("└─ ", "   ") : ("├─ ", "│  ")
      child.draw(
        into: &lines, first: below + branch, below: below + trunk, width: width, style: style)
    }
  }
}
