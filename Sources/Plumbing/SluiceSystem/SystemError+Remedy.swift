import CSluiceSystem

extension SystemError {
  /// The remedy for a person; nil where the remedy depends on the attempted act.
  public var remedy: String? {
    if let ownRemedy { return ownRemedy }
    return switch code {
    case ENOSPC: "Free some space on that disk and try again."
    case EDQUOT: "A quota on that disk is used up: raise it, or free some of that account's files."
    case EFBIG where call == "read":
      "It is larger than Sluice reads: see what wrote it, and take out what does not belong there."
    case EFBIG:
      "A limit on the size of one file was met: raise it for the account that runs Sluice (ulimit -f), "
        + "or use a file system that takes larger files."
    case EMFILE:
      "This process has too many files open: raise its limit (ulimit -n, or the service's)."
    case ENFILE: "This host has too many files open: see which program holds them."
    case EROFS: "That disk is mounted read-only: mount it for writing, and see why it is not."
    case EACCES, EPERM:
      "Give the account that runs Sluice the right to it: look at its owner and mode, and at those of "
        + "the folders above."
    case EIO: "The disk failed: look at the system's log before anything else is written there."
    case ENOMEM: "Free some memory and try again."
    case ENAMETOOLONG: "Shorten the name or the path."
    case ELOOP: "Put a plain file or folder in place of the symbolic link."
    case ENOTDIR: "A part of the path is no folder: move it away."
    case EISDIR: "A folder stands where a file has to be: move it away."
    case EILSEQ: "It is no UTF-8: write it anew as UTF-8."
    default: nil
    }
  }

  /// The remedy where Sluice itself refuses an act that the system would allow; nil for every other
  /// error.
  public var ownRemedy: String? { refusal?.remedy }

  /// Whether the machine or the account has the fault, whatever the attempted act: no other remedy
  /// helps.
  public var isOfMachine: Bool {
    if isOutOfSpace { return true }
    return [EMFILE, ENFILE, EROFS, EACCES, EPERM, EIO, ENOMEM].contains(code)
  }
}
