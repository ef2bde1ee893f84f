import SluiceCore

/// A way back leads from the newer release to the archived one: what is new in a world does not depend
/// on which way its promotion goes.
extension Plan {
  var newRelease: Release { purpose == .promote ? to : from }
  var oldRelease: Release { snapshot.release }

  /// The change of the build on the way up.
  var forwardBuild: BuildChange? {
    purpose == .promote ? build : build.flatMap { BuildChange(from: $0.to, to: $0.from) }
  }
}
