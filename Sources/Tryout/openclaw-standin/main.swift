import SluiceFoundation
import SluiceSystem
import OpenClawStandIn

ProgramStart.prepare()
let program = StandInProgram(
  arguments: Array(CommandLine.arguments.dropFirst()),
  environment: ProcessInfo.processInfo.environment)
exit(await program.run())
