import SwiftOperators
import SwiftParser
import SwiftSyntax

/// Finds every place of one source file at which one of the operators can be tried.
final class PlaceFinder: SyntaxVisitor {
  private let file: String
  private let source: [UInt8]
  private let lines: [Substring]
  private let converter: SourceLocationConverter
  private(set) var places: [Place] = []

  static func places(in source: String, file: String) -> [Place] {
    let parsed = Parser.parse(source: source)
    let tree = OperatorTable.standardOperators.foldAll(parsed, errorHandler: { _ in })
    let finder = PlaceFinder(source: source, file: file, tree: tree)
    finder.walk(tree)
    return finder.places
  }

  private init(source: String, file: String, tree: Syntax) {
    self.file = file
    self.source = Array(source.utf8)
    lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    converter = SourceLocationConverter(fileName: file, tree: tree)
    super.init(viewMode: .sourceAccurate)
  }

  // MARK: What is not looked into

  /// Attributes, raw values of cases and what only macOS compiles hold nothing to switch.
  override func visit(_: AttributeSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
  override func visit(_: EnumCaseElementSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
  override func visit(_ clause: IfConfigClauseSyntax) -> SyntaxVisitorContinueKind {
    guard let condition = clause.condition?.trimmedDescription else { return .visitChildren }
    let mac = ["os(macOS)", "canImport(Darwin)"].contains { condition.contains($0) }
    if !mac || condition.contains("!"), let elements = clause.elements { walk(elements) }
    return .skipChildren
  }

  // MARK: Conditions

  override func visit(_ element: ConditionElementSyntax) -> SyntaxVisitorContinueKind {
    if case .expression(let condition) = element.condition { addNegation(of: condition) }
    return .visitChildren
  }

  override func visit(_ choice: TernaryExprSyntax) -> SyntaxVisitorContinueKind {
    addNegation(of: choice.condition)
    return .visitChildren
  }

  override func visit(_ infix: InfixOperatorExprSyntax) -> SyntaxVisitorContinueKind {
    guard let name = infix.operator.as(BinaryOperatorExprSyntax.self)?.operator.text else {
      return .visitChildren
    }
    if ["&&", "||"].contains(name) {
      addNegation(of: infix.leftOperand)
      addNegation(of: infix.rightOperand)
    }
    if let moved = ["<": "<=", "<=": "<", ">": ">=", ">=": ">"][name] {
      let left = text(infix.leftOperand)
      let right = text(infix.rightOperand)
      add(
        .bound, at: infix, original: name, mutated: moved,
        before: "(SWITCH ? (\(left) \(moved) \(right)) : (", after: "))")
    }
    return .visitChildren
  }

  private func addNegation(of condition: ExprSyntax) {
    // `a && b` is negated as a whole only where it stands by itself; its halves have their own.
    let original = text(condition)
    add(
      .negated, at: condition, original: original, mutated: "!(\(original))",
      before: "((", after: ") != SWITCH)")
  }

  // MARK: Guards

  override func visit(_ statement: GuardStmtSyntax) -> SyntaxVisitorContinueKind {
    for element in statement.conditions {
      guard case .expression(let condition) = element.condition else { continue }
      add(
        .unguarded, at: condition, original: text(condition), mutated: "true",
        before: "((", after: ") || SWITCH)")
    }
    return .visitChildren
  }

  override func visit(_ statement: IfExprSyntax) -> SyntaxVisitorContinueKind {
    if statement.elseBody == nil, let last = statement.body.statements.last?.item, leaves(last) {
      add(
        .unguarded, at: statement.conditions, original: "if \(text(statement.conditions))",
        mutated: "if false", before: "!SWITCH, ", after: "")
    }
    return .visitChildren
  }

  private func leaves(_ item: CodeBlockItemSyntax.Item) -> Bool {
    item.is(ReturnStmtSyntax.self) || item.is(ThrowStmtSyntax.self)
      || item.is(ContinueStmtSyntax.self) || item.is(BreakStmtSyntax.self)
  }

  // MARK: Constants

  override func visit(_ literal: BooleanLiteralExprSyntax) -> SyntaxVisitorContinueKind {
    let original = literal.literal.text
    addConstant(.constant, literal, to: original == "true" ? "false" : "true")
    return .visitChildren
  }

  override func visit(_ literal: FloatLiteralExprSyntax) -> SyntaxVisitorContinueKind {
    if let value = Double(literal.literal.text.replacing("_", with: "")) {
      addConstant(.constant, literal, to: "\(value == 0 ? 1 : value * 2)")
    }
    return .visitChildren
  }

  override func visit(_ literal: IntegerLiteralExprSyntax) -> SyntaxVisitorContinueKind {
    guard let value = integer(literal.literal.text) else { return .visitChildren }
    if isBound(literal) {
      // One more and one less: a comparison is wrong at either end.
      addConstant(.bound, literal, to: "\(value + 1)")
      if value > 0 { addConstant(.bound, literal, to: "\(value - 1)") }
    } else if isDuration(literal) {
      addConstant(.constant, literal, to: "\(value == 0 ? 1 : value * 2)")
    } else {
      addConstant(.constant, literal, to: "\([1, 255].contains(value) ? value - 1 : value + 1)")
    }
    return .visitChildren
  }

  private func addConstant(
    _ operation: Operator, _ literal: some ExprSyntaxProtocol, to new: String
  ) {
    add(
      operation, at: literal, original: text(literal), mutated: new,
      before: "(SWITCH ? \(new) : ", after: ")")
  }

  private func integer(_ text: String) -> Int? {
    let digits = text.replacing("_", with: "")
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
      return Int(digits.dropFirst(2), radix: radix)
    }
    return Int(digits)
  }

  private func isBound(_ literal: IntegerLiteralExprSyntax) -> Bool {
    guard let infix = literal.parent?.as(InfixOperatorExprSyntax.self),
      let name = infix.operator.as(BinaryOperatorExprSyntax.self)?.operator.text
    else { return false }
    return ["<", "<=", ">", ">=", "==", "!=", "..<", "..."].contains(name)
  }

  private func isDuration(_ literal: IntegerLiteralExprSyntax) -> Bool {
    guard let call = literal.parent?.parent?.parent?.as(FunctionCallExprSyntax.self),
      let name = call.calledExpression.as(MemberAccessExprSyntax.self)?.declName.baseName.text
    else { return false }
    return ["seconds", "milliseconds", "microseconds", "nanoseconds", "minutes", "hours"]
      .contains(name)
  }

  // MARK: Statements

  override func visit(_ statement: ThrowStmtSyntax) -> SyntaxVisitorContinueKind {
    // The last of a guard cannot be left out, and the one of an `if` by itself is its condition's.
    guard let block = statement.parent?.parent?.parent,
      !block.is(CodeBlockSyntax.self) || !(block.parent?.is(GuardStmtSyntax.self) ?? false),
      block.parent?.as(IfExprSyntax.self)?.body.statements.count != 1
    else { return .visitChildren }
    add(
      .swallowed, at: statement, original: text(statement), mutated: "",
      before: "if !SWITCH { ", after: " }")
    return .visitChildren
  }

  override func visit(_ items: CodeBlockItemListSyntax) -> SyntaxVisitorContinueKind {
    let all = Array(items)
    for item in all { addCall(item, isAlone: all.count == 1, in: items) }
    for (first, second) in zip(all, all.dropFirst()) { addSwap(first, second) }
    return .visitChildren
  }

  private func addCall(
    _ item: CodeBlockItemSyntax, isAlone: Bool, in items: CodeBlockItemListSyntax
  ) {
    // The only statement of a closure or of a function with a result is what it gives back.
    if isAlone, let owner = items.parent,
      owner.is(ClosureExprSyntax.self) || owner.is(AccessorBlockSyntax.self)
        || owner.parent?.as(FunctionDeclSyntax.self)?.signature.returnClause != nil
        || owner.parent?.is(AccessorDeclSyntax.self) ?? false
        || owner.is(SwitchCaseSyntax.self)
    {
      return
    }
    guard let attempt = item.item.as(TryExprSyntax.self), attempt.questionOrExclamationMark == nil
    else { return }
    let call = attempt.expression.as(AwaitExprSyntax.self)?.expression ?? attempt.expression
    guard call.is(FunctionCallExprSyntax.self) else { return }
    let original = text(attempt)
    add(
      .swallowed, at: attempt, original: original, mutated: "try? \(text(attempt.expression))",
      before: "do { ", after: " } catch { if !SWITCH { throw error } }")
    add(
      .skipped, at: attempt, original: original, mutated: "", before: "if !SWITCH { ", after: " }")
  }

  private func addSwap(_ first: CodeBlockItemSyntax, _ second: CodeBlockItemSyntax) {
    guard let left = awaited(first), let right = awaited(second),
      assigned(first).isDisjoint(with: names(second)),
      assigned(second).isDisjoint(with: names(first))
    else { return }
    let start = first.positionAfterSkippingLeadingTrivia.utf8Offset
    let end = second.endPositionBeforeTrailingTrivia.utf8Offset
    add(
      .swapped, line: first, range: start..<end, original: "\(left); \(right)",
      mutated: "\(right); \(left)", before: "if SWITCH { \(right); \(left) } else { ", after: " }")
  }

  /// The statement's text where it is an expression that waits, and binds nothing.
  private func awaited(_ item: CodeBlockItemSyntax) -> String? {
    guard item.item.is(ExprSyntax.self) else { return nil }
    var tokens = item.item.tokens(viewMode: .sourceAccurate).prefix { $0.tokenKind != .leftBrace }
      .makeIterator()
    while let token = tokens.next() {
      if token.tokenKind == .keyword(.await) { return text(item.item) }
    }
    return nil
  }

  private func assigned(_ item: CodeBlockItemSyntax) -> Set<String> {
    guard let infix = item.item.as(InfixOperatorExprSyntax.self),
      infix.operator.is(AssignmentExprSyntax.self)
    else { return [] }
    return names(infix.leftOperand)
  }

  private func names(_ node: some SyntaxProtocol) -> Set<String> {
    Set(
      node.tokens(viewMode: .sourceAccurate).compactMap {
        if case .identifier(let name) = $0.tokenKind { name } else { nil }
      })
  }

  // MARK: Writing down

  private func text(_ node: some SyntaxProtocol) -> String { node.trimmedDescription }

  private func add(
    _ operation: Operator, at node: some SyntaxProtocol, original: String, mutated: String,
    before: String, after: String
  ) {
    let start = node.positionAfterSkippingLeadingTrivia.utf8Offset
    let end = node.endPositionBeforeTrailingTrivia.utf8Offset
    add(
      operation, line: node, range: start..<end, original: original, mutated: mutated,
      before: before, after: after)
  }

  private func add(
    _ operation: Operator, line node: some SyntaxProtocol, range: Range<Int>, original: String,
    mutated: String, before: String, after: String
  ) {
    let line = node.startLocation(converter: converter).line
    places.append(
      Place(
        file: file, line: line, operation: operation, original: onOneLine(original),
        mutated: onOneLine(mutated), text: onOneLine(String(lines[line - 1])), range: range,
        before: before, after: after))
  }

  private func onOneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
