/// The version of this build. Writer and agents compare it, and every page shows it.
public enum SluiceVersion {
  public static let text = "0.1.0"
}
