/// The version of this build: both ends of a link compare it, and every page shows it.
public enum SluiceVersion {
  public static let text = "0.1.0"
}
