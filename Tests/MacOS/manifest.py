"""The targets of Package.swift as it reads on macOS, dependencies first."""
import glob
import json
import os
import subprocess


class Target:
    def __init__(self, entry, root):
        self.name = entry["name"]
        self.module = self.name.replace("-", "_")
        self.kind = entry["type"]
        tests = self.kind == "test"
        self.folder = os.path.join(
            root, entry.get("path") or f"{'Tests' if tests else 'Sources'}/{self.name}")
        self.dependencies = [
            (each.get("byName") or each.get("target") or each["product"])[0]
            for each in entry["dependencies"]]
        self.has_resources = bool(entry.get("resources"))
        self.excluded = [os.path.join(self.folder, path) for path in entry.get("exclude", [])]
        # What is copied is data, whatever its name is.
        self.excluded += [os.path.join(self.folder, each["path"])
                          for each in entry.get("resources", [])]
        self.roots = [os.path.join(self.folder, path) for path in entry.get("sources") or ["."]]

    def files(self, ending):
        found = set()
        for root in self.roots:
            found.update(os.path.normpath(path)
                         for path in glob.glob(f"{root}/**/*{ending}", recursive=True))
        return sorted(path for path in found
                      if not any(path == out or path.startswith(out + "/") for out in self.excluded))


def read(root, toolchain, scratch):
    """The manifest is a program: it runs here, and is told that this is not Linux."""
    os.makedirs(scratch, exist_ok=True)
    with open(f"{root}/Package.swift") as file:
        text = file.read()
    with open(f"{scratch}/Package.swift", "w") as file:
        file.write(text.replace("#if os(Linux)", "#if os(macOS_which_this_stands_for)"))
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("SLUICE_TEST_TARGETS", "SLUICE_FUZZ")}
    dump = subprocess.run(
        [f"{toolchain}/bin/swift", "package", "dump-package", "--package-path", scratch],
        capture_output=True, text=True, env=environment)
    if dump.returncode != 0:
        raise SystemExit(f"check-macos: Package.swift cannot be read for macOS:\n{dump.stderr}")
    return {entry["name"]: Target(entry, root) for entry in json.loads(dump.stdout)["targets"]}


def below(target, targets, found=None):
    """Everything that a target is built on."""
    found = set() if found is None else found
    for name in target.dependencies:
        if name in targets and name not in found:
            found.add(name)
            below(targets[name], targets, found)
    return found
