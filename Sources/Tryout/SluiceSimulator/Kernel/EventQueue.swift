/// Future events, earliest first; of two at the same time, the one that was scheduled first.
struct EventQueue<Event: Sendable>: Sendable {
  /// An element of the heap: only numbers.
  private struct Item: Sendable {
    let time: Int64
    let number: Int
    let slot: Int

    func comes(before other: Item) -> Bool {
      time != other.time ? time < other.time : number < other.number
    }
  }

  /// A binary heap.
  private var items: [Item] = []
  private var events: [Event?] = []
  private var free: [Int] = []
  private var count = 0
  private var firstCount = Int.min

  /// When the next thing happens.
  var nextTime: Int64? { items.first?.time }

  mutating func schedule(_ event: Event, at time: Int64) {
    count += 1
    insert(Item(time: time, number: count, slot: keep(event)))
  }

  /// The same, but before all others of that time, whenever they are scheduled.
  mutating func schedule(first event: Event, at time: Int64) {
    firstCount += 1
    insert(Item(time: time, number: firstCount, slot: keep(event)))
  }

  /// Nothing that was to come before others happens.
  mutating func removeFirsts() {
    let rest = items
    items = []
    for item in rest {
      if item.number > 0 {
        insert(item)
      } else {
        events[item.slot] = nil
        free.append(item.slot)
      }
    }
  }

  private mutating func insert(_ item: Item) {
    items.append(item)
    var child = items.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard item.comes(before: items[parent]) else { break }
      items[child] = items[parent]
      child = parent
    }
    items[child] = item
  }

  mutating func next() -> (time: Int64, event: Event)? {
    guard let first = items.first, let last = items.popLast() else { return nil }
    if !items.isEmpty { sink(last) }
    free.append(first.slot)
    return events[first.slot].take().map { (first.time, $0) }
  }

  private mutating func keep(_ event: Event) -> Int {
    guard let slot = free.popLast() else {
      events.append(event)
      return events.count - 1
    }
    events[slot] = event
    return slot
  }

  /// Puts an item in the place of the first, and down to where it belongs.
  private mutating func sink(_ item: Item) {
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < items.count else { break }
      if child + 1 < items.count, items[child + 1].comes(before: items[child]) { child += 1 }
      guard items[child].comes(before: item) else { break }
      items[parent] = items[child]
      parent = child
    }
    items[parent] = item
  }
}
