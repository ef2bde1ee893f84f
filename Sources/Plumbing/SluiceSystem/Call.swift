/// Runs one call, again when a signal interrupted it, and turns -1 into an error.
@discardableResult
func check<Result: FixedWidthInteger>(
  _ call: String, _ path: String? = nil, _ body: () -> Result
) throws(SystemError) -> Result {
  // C would silently end the path at the zero and act on another file.
  if let path, path.utf8.contains(0) {
    throw SystemError(call, code: EINVAL, path: path)
  }
  while true {
    let result = body()
    if result != -1 { return result }
    let code = errno
    if code != EINTR { throw SystemError(call, code: code, path: path) }
  }
}
