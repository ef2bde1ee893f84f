import SluiceArguments
import SluiceStatus

extension BalancerTrouble {
  /// The balancer's faults, each with its remedy below.
  func lines(width: Int, style: Style) -> [String] {
    items.flatMap { item in
      let text = StyledText("\(item.headline)   ", item.severity.tone) + StyledText(item.sentence)
      let remedy = item.remedy.map { [StyledText("  → \($0)", .accent)] } ?? []
      return ([text] + remedy).flatMap { $0.wrapped(to: width).map { $0.rendered(style) } }
    }
  }
}
