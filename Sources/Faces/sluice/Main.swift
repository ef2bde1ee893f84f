import SluiceCommands

@main
enum Main {
  static func main() async { await CommandLineProgram.runAndExit() }
}
