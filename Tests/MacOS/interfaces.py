"""The standard library for macOS, as text: this toolchain's own interface files, changed where the
systems differ. Nobody but Apple has the real ones; both are made of the same sources."""
import os

MODULES = [
    "Swift", "_Concurrency", "_Builtin_float", "_Volatile", "SwiftOnoneSupport", "Darwin",
    "Synchronization", "_RegexParser", "_StringProcessing", "_TestingInterop", "Testing",
]
TARGET = "arm64-apple-macosx15.0"

# What Darwin's overlay has and Glibc's has not, or has with another type.
DARWIN_EXTRA = '''
public var stdin: Swift.UnsafeMutablePointer<FILE> { get set }
public var stdout: Swift.UnsafeMutablePointer<FILE> { get set }
public var stderr: Swift.UnsafeMutablePointer<FILE> { get set }
public var TIOCGWINSZ: Swift.UInt { get }
@available(*, unavailable, message: "not on Apple systems: spawn a process instead")
public func fork() -> Swift.Int32
@available(*, unavailable, message: "not on Apple systems: spawn a process instead")
public func vfork() -> Swift.Int32
@available(*, unavailable, message: "not on Apple systems: spawn a process instead")
public func popen(_: Swift.UnsafePointer<Swift.CChar>!, _: Swift.UnsafePointer<Swift.CChar>!)
  -> Swift.UnsafeMutablePointer<FILE>!
@available(*, unavailable, message: "not on Apple systems: spawn a process instead")
public func pclose(_: Swift.UnsafeMutablePointer<FILE>!) -> Swift.Int32
public var S_IFWHT: mode_t { get }
'''


def write(toolchain, place):
    """One file a module, in `place`."""
    os.makedirs(place, exist_ok=True)
    for module in MODULES:
        text = darwin(toolchain) if module == "Darwin" else adapted(toolchain, module)
        with open(f"{place}/{module}.swiftinterface", "w") as file:
            file.write(text)


def original(toolchain, module):
    folder = f"{toolchain}/lib/swift/linux/{module}.swiftmodule"
    for name in sorted(os.listdir(folder), reverse=True):
        # The private one says more.
        if name.endswith(".private.swiftinterface"):
            return open(f"{folder}/{name}").read()
    for name in sorted(os.listdir(folder)):
        if name.endswith(".swiftinterface"):
            return open(f"{folder}/{name}").read()
    raise SystemExit(f"check-macos: {folder} has no interface file: which toolchain is this?")


def adapted(toolchain, module):
    lines = original(toolchain, module).split("\n")
    for index, line in enumerate(lines[:6]):
        words = line.split(" ")
        if "-target" in words:
            words[words.index("-target") + 1] = TARGET
        line = " ".join(word for word in words if word != "-static")
        lines[index] = line.replace(
            "-target-min-inlining-version min", "-target-min-inlining-version target")
    kept = []
    for line in lines:
        # Such a function's body is not in an interface for Linux.
        if line.lstrip().startswith("@backDeployed(before: macOS"):
            continue
        if line == "import Glibc":
            line = "import Darwin"
        for body in ("self = _stdlib_remainderl(self, other)", "self = _stdlib_squareRootl(self)"):
            line = line.replace(body, "_ = self")
        kept.append(line)
    if module == "Synchronization":
        kept.append("@usableFromInline internal func _swift_stdlib_gettid() -> Swift.UInt32")
    return "\n".join(kept) + "\n"


def darwin(toolchain):
    """Glibc's overlay under Darwin's name: both come from the same folder of the compiler's sources."""
    body = [line for line in original(toolchain, "Glibc").splitlines()
            if not line.startswith(("//", "import", "@_exported"))]
    text = "\n".join(body)
    text = text.replace("Glibc.sighandler_t", "sig_t")
    text = text.replace("public typealias sighandler_t = SwiftGlibc.__sighandler_t\n", "")
    for prefix in ("SwiftGlibc.", "SwiftOverlayShims.", "Glibc."):
        text = text.replace(prefix, "")
    head = (
        "// swift-interface-format-version: 1.0\n"
        + version_line(original(toolchain, "Glibc"))
        + f"// swift-module-flags: -target {TARGET} -disable-objc-interop -enable-library-evolution "
        "-module-link-name swiftDarwin -swift-version 5 -O -library-level api -module-name Darwin\n"
        "import Swift\n@_exported import Darwin\n")
    return head + without(text, ("Float80", "POSIXErrorCode")) + DARWIN_EXTRA


def version_line(text):
    return next(line + "\n" for line in text.splitlines()
                if line.startswith("// swift-compiler-version"))


def without(text, words):
    """Leaves out each declaration whose first line holds one of the words."""
    kept, lines, index = [], text.split("\n"), 0
    while index < len(lines):
        line = lines[index]
        index += 1
        if not any(word in line for word in words):
            kept.append(line)
            continue
        if kept and kept[-1].startswith("@available"):
            kept.pop()
        depth = line.count("{") - line.count("}")
        while depth > 0:
            depth += lines[index].count("{") - lines[index].count("}")
            index += 1
    return "\n".join(kept)
