/// The first steps of every program of Sluice.
public enum ProgramStart {
  /// macOS refuses a soft limit above this one (`OPEN_MAX`).
  static let openFiles: UInt64 = 10_240

  /// launchd and Terminal give 256 descriptors, a login on Linux 1,024: a balancer's keeper or an
  /// agent with a few hundred clients needs more.
  ///
  /// A write to a pipe without a reader, or beyond the limit of a file's size, returns an error and
  /// ends no process. On macOS such a signal goes to the process, and the first thread that does
  /// not block it takes it, whichever thread has written. Started programs have the defaults again.
  public static func prepare() {
    ResourceLimit.openFiles.raise(to: openFiles)
    SignalStream.ignore(SIGPIPE)
    SignalStream.ignore(SIGXFSZ)
  }
}
