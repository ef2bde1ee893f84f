"""Compiles every target of the package for macOS, on Linux: Swift for arm64, C for arm64 and x86-64.

Called by scripts/check-macos: check.py ROOT TOOLCHAIN SCRATCH [TARGET…]
"""
import concurrent.futures
import os
import re
import subprocess
import sys
import time

import library
import manifest

C_TARGETS = ["arm64-apple-macos15.0", "x86_64-apple-macos15.0"]


class Check:
    def __init__(self, root, toolchain, scratch):
        self.root = root
        self.toolchain = toolchain
        self.library = library.Library(toolchain, f"{scratch}/library")
        self.output = f"{scratch}/output"
        os.makedirs(self.output, exist_ok=True)
        self.targets = manifest.read(root, toolchain, f"{scratch}/manifest")

    def c(self, target):
        """Each C file of a target for each processor: the errors."""
        include = ["-I", f"{target.folder}/include"] if os.path.isdir(f"{target.folder}/include") else []
        errors = []
        for triple in C_TARGETS:
            for file in target.files(".c"):
                command = [
                    f"{self.toolchain}/bin/clang", "-target", triple, "-isysroot",
                    f"{self.library.place}/sdk", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
                    # A function that the other system has to itself ignores what it is given here.
                    "-Wno-unused-parameter"] + include + [file]
                outcome = subprocess.run(command, capture_output=True, text=True)
                if outcome.returncode != 0:
                    errors += diagnostics(outcome.stderr) or [outcome.stderr[-2000:]]
        return errors

    def swift(self, target):
        """A target's Swift files to an object: the errors."""
        files = target.files(".swift")
        command = [self.library.frontend, "-c", "-whole-module-optimization", "-Onone"]
        command += ["-o", f"{self.output}/{target.name}.o"]
        command += ["-emit-module-path", f"{self.output}/{target.module}.swiftmodule"]
        command += self.library.flags + ["-I", self.output, "-swift-version", "6"]
        command += ["-warnings-as-errors", "-enable-upcoming-feature", "ExistentialAny"]
        command += ["-enable-testing", "-package-name", "sluice", "-module-name", target.module]
        command += self.entry(target, files)
        for name in sorted(manifest.below(target, self.targets)):
            command += self.module_map(self.targets[name])
        plugins = f"{self.toolchain}/lib/swift/host/plugins"
        command += ["-load-plugin-library", f"{plugins}/libTestingMacros.so"]
        if target.has_resources:
            files = files + [self.bundle(target)]
        outcome = subprocess.run(command + files, capture_output=True, text=True)
        if outcome.returncode == 0:
            return []
        return diagnostics(outcome.stderr) or [outcome.stderr[-2000:]]

    def entry(self, target, files):
        if target.kind != "executable":
            return ["-parse-as-library"]
        named = ["-entry-point-function-name", f"{target.module}_main"]
        has_main = any(os.path.basename(file) == "main.swift" for file in files)
        return named if has_main else named + ["-parse-as-library"]

    def module_map(self, target):
        own = f"{target.folder}/module.modulemap"
        if os.path.exists(own):
            return ["-Xcc", f"-fmodule-map-file={own}"]
        include = f"{target.folder}/include"
        if not os.path.isdir(include):
            return []
        # As the package manager writes it for a target of C files.
        made = f"{self.output}/{target.name}.modulemap"
        with open(made, "w") as file:
            file.write(f'module {target.module} {{ umbrella "{include}" export * }}\n')
        return ["-Xcc", f"-fmodule-map-file={made}"]

    def bundle(self, target):
        """The accessor that the package manager writes where a target has resources."""
        path = f"{self.output}/{target.name}-bundle.swift"
        with open(path, "w") as file:
            file.write("import Foundation\nextension Foundation.Bundle {\n"
                       "  static let module: Bundle = Bundle.main\n}\n")
        return path

    def one(self, target):
        began = time.monotonic()
        is_swift = bool(target.files(".swift"))
        errors = self.swift(target) if is_swift else self.c(target)
        return target, errors, time.monotonic() - began

    def all(self, chosen):
        """Every target as soon as what it is built on is; what stands on a broken one is left out."""
        waiting = {name: target for name, target in self.targets.items()
                   if target.files(".swift") or target.files(".c")}
        if chosen:
            needed = set(chosen)
            for name in chosen:
                needed |= manifest.below(self.targets[name], self.targets)
            waiting = {name: target for name, target in waiting.items() if name in needed}
        broken, running, compiled, errors = set(), set(), 0, 0
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
            while waiting or running:
                for name in list(waiting):
                    under = manifest.below(waiting[name], self.targets)
                    if under & broken:
                        print(f"check-macos: {name} is left out: it stands on "
                              + ", ".join(sorted(under & broken)), flush=True)
                        broken.add(name)
                        del waiting[name]
                    elif not under & (waiting.keys() | {each.target for each in running}):
                        task = pool.submit(self.one, waiting.pop(name))
                        task.target = name
                        running.add(task)
                done, running = concurrent.futures.wait(
                    running, return_when=concurrent.futures.FIRST_COMPLETED)
                for task in done:
                    target, found, seconds = task.result()
                    compiled += 1
                    errors += len(found)
                    if found:
                        broken.add(target.name)
                        print(f"check-macos: {target.name}: {len(found)} errors", flush=True)
                        for line in found[:40]:
                            print("  " + line.replace(self.root + "/", ""), flush=True)
        return compiled, errors, broken


def diagnostics(text):
    found = {line for line in text.splitlines() if re.match(r".*: (fatal )?(error|warning): ", line)}
    return sorted(found)


def main(root, toolchain, scratch, chosen):
    began = time.monotonic()
    check = Check(root, toolchain, scratch)
    unknown = [name for name in chosen if name not in check.targets]
    if unknown:
        raise SystemExit(f"check-macos: Package.swift has no target {', '.join(unknown)}")
    check.library.prepare()
    made = time.monotonic()
    compiled, errors, broken = check.all(chosen)
    print(f"figure: {compiled} targets compiled for macOS 15, {errors} errors, "
          f"{time.monotonic() - made:.0f} s, and {made - began:.0f} s for the library")
    sys.exit(1 if broken or errors or not compiled else 0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
