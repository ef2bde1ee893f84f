/// What is to happen, earliest first; of two at the same time, what was scheduled first.
struct EventQueue<Event: Sendable>: Sendable {
  private struct Item: Sendable {
    let time: Int64
    let number: Int
    let event: Event

    func comes(before other: Item) -> Bool {
      time != other.time ? time < other.time : number < other.number
    }
  }

  /// A binary heap.
  private var items: [Item] = []
  private var count = 0

  var isEmpty: Bool { items.isEmpty }

  mutating func schedule(_ event: Event, at time: Int64) {
    count += 1
    items.append(Item(time: time, number: count, event: event))
    var child = items.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard items[child].comes(before: items[parent]) else { return }
      items.swapAt(child, parent)
      child = parent
    }
  }

  mutating func next() -> (time: Int64, event: Event)? {
    guard let first = items.first, let last = items.popLast() else { return nil }
    guard !items.isEmpty else { return (first.time, first.event) }
    items[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < items.count && items[child].comes(before: items[least]) { least = child }
      guard least != parent else { return (first.time, first.event) }
      items.swapAt(parent, least)
      parent = least
    }
  }
}
