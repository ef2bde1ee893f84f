"""Darwin's headers, and those of the libraries that Sluice is built on."""
import glob
import os

import ziglang


def sdk(place):
    """A folder that clang and the compiler take for Apple's SDK: the headers of ziglang's wheel."""
    root = os.path.join(os.path.dirname(ziglang.__file__), "lib", "libc", "include")
    # Zig has called the folder by either name.
    found = [path for name in ("any-darwin-any", "any-macos-any")
             if os.path.isdir(path := os.path.join(root, name))]
    if not found:
        raise SystemExit(f"check-macos: {root} has no headers of macOS: another ziglang?")
    os.makedirs(f"{place}/usr", exist_ok=True)
    link(found[0], f"{place}/usr/include")
    return place


def libraries(place):
    """libcurl, libmicrohttpd and libyaml declare the same on every system: those of this one do."""
    os.makedirs(f"{place}/curl", exist_ok=True)
    for header in glob.glob("/usr/include/*/curl/*.h") + glob.glob("/usr/include/curl/*.h"):
        link(header, f"{place}/curl/{os.path.basename(header)}")
    for name in ("microhttpd.h", "yaml.h"):
        link(f"/usr/include/{name}", f"{place}/{name}")
    return place


def link(target, path):
    if os.path.lexists(path):
        os.remove(path)
    os.symlink(target, path)
