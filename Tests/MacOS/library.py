"""What a compiler for macOS needs and Apple's SDK has: made once for a toolchain, then kept."""
import glob
import hashlib
import os
import shutil
import subprocess

import ziglang

import headers
import interfaces

HERE = os.path.dirname(os.path.realpath(__file__))


class Library:
    """`place` is a folder of its own for this toolchain and what is made of it."""

    def __init__(self, toolchain, scratch):
        self.toolchain = toolchain
        self.place = f"{scratch}/{fingerprint(toolchain)}"
        self.frontend = f"{toolchain}/bin/swift-frontend"

    @property
    def flags(self):
        """Of the Swift compiler."""
        return [
            "-target", interfaces.TARGET, "-sdk", f"{self.place}/sdk",
            "-resource-dir", f"{self.place}/lib/swift", "-disable-objc-interop",
            "-module-cache-path", f"{self.place}/cache",
            "-I", f"{self.place}/lib/swift/macosx", "-I", f"{self.place}/modules/Darwin",
            "-Xcc", f"-I{self.place}/libraries",
        ]

    def prepare(self):
        if not os.path.exists(f"{self.place}/made"):
            self.make()
        # Foundation is made of Dispatch, CryptoKit of Foundation. They take a moment: always anew.
        for module in ("Dispatch", "Foundation", "CryptoKit"):
            self.run(module, [
                "-emit-module", "-parse-as-library", "-enable-library-evolution",
                "-suppress-warnings", "-swift-version", "6", "-o", self.compiled(module)]
                + sorted(glob.glob(f"{HERE}/Modules/{module}/*.swift")))

    def make(self):
        shutil.rmtree(os.path.dirname(self.place), ignore_errors=True)
        os.makedirs(f"{self.place}/lib/swift/macosx")
        headers.sdk(f"{self.place}/sdk")
        headers.libraries(f"{self.place}/libraries")
        for name in ("shims", "clang", "apinotes"):
            headers.link(f"{self.toolchain}/lib/swift/{name}", f"{self.place}/lib/swift/{name}")
        self.write_darwin()
        interfaces.write(self.toolchain, f"{self.place}/interfaces")
        for module in interfaces.MODULES:
            parse = [] if module == "Darwin" else ["-parse-stdlib"]
            self.run(module, [
                "-compile-module-from-interface", f"{self.place}/interfaces/{module}.swiftinterface",
                "-o", self.compiled(module)] + parse)
        open(f"{self.place}/made", "w").close()

    def write_darwin(self):
        """The C module Darwin. `All` comes first: the importer hides the typedefs of a submodule that is
        called MacTypes (Duration!), as it does on macOS."""
        folder = f"{self.place}/modules/Darwin"
        shutil.copytree(f"{HERE}/Darwin", folder)
        include = os.path.realpath(f"{self.place}/sdk/usr/include")
        with open(f"{folder}/module.modulemap", "w") as file:
            file.write(
                "module Darwin [system] [extern_c] {\n"
                '  module All { header "darwin.h" export * }\n'
                f'  module MacTypes {{ header "{include}/MacTypes.h" export * }}\n'
                "  export *\n}\n")

    def compiled(self, module):
        folder = f"{self.place}/lib/swift/macosx/{module}.swiftmodule"
        os.makedirs(folder, exist_ok=True)
        return f"{folder}/arm64-apple-macos.swiftmodule"

    def run(self, module, arguments):
        command = [self.frontend] + arguments + ["-module-name", module] + self.flags
        outcome = subprocess.run(command, capture_output=True, text=True)
        if outcome.returncode != 0:
            raise SystemExit(
                f"check-macos: {module} cannot be made for macOS:\n{outcome.stderr[-4000:]}")


def fingerprint(toolchain):
    version = subprocess.run(
        [f"{toolchain}/bin/swift-frontend", "--version"], capture_output=True, text=True, check=True)
    hasher = hashlib.sha256((version.stdout + ziglang.__file__ + HERE).encode())
    made_of = [f"{HERE}/{name}.py" for name in ("headers", "interfaces", "library")]
    for path in sorted(made_of + glob.glob(f"{HERE}/Darwin/*")):
        with open(path, "rb") as file:
            hasher.update(file.read())
    return hasher.hexdigest()[:16]
