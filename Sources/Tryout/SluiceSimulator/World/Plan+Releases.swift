import SluiceCore

/// A rollback leads from the newer release to the archived one. So which release is new in a world
/// does not depend on the direction of its promotion.
extension Plan {
  var newRelease: Release { purpose.goesForward ? to : from }
  var oldRelease: Release { snapshot.release }

  /// The change of the build on the way forward.
  var forwardBuild: BuildChange? {
    purpose.goesForward ? build : build.flatMap { BuildChange(from: $0.to, to: $0.from) }
  }
}
