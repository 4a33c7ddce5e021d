"""Fetch the browser code that is served from `static/vendor`, unmodified, from npm.

Run `python scripts/vendor.py` after changing a version here; what it writes is committed.
"""

import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"

# Each package with its version, and the files of it that are served.
LIBRARIES = {
    ("tus-js-client", "4.3.1"): ["dist/tus.min.js", "dist/tus.min.js.map", "LICENSE"],
    ("wavesurfer.js", "8.0.1"): ["dist/wavesurfer.esm.js", "LICENSE"],
    ("tinykeys", "4.0.0"): ["dist/tinykeys.mjs", "dist/tinykeys.mjs.map", "LICENSE"],
}

LUCIDE = "lucide-static", "1.62.0"
ICONS = [
    "arrow-down",
    "ban",
    "check",
    "chevron-left",
    "chevron-right",
    "clock",
    "combine",
    "copy",
    "download",
    "ear",
    "fast-forward",
    "file-audio",
    "flask-conical",
    "hourglass",
    "info",
    "keyboard",
    "languages",
    "link",
    "list-checks",
    "mic",
    "pause",
    "pencil",
    "play",
    "plus",
    "redo-2",
    "repeat",
    "rewind",
    "rotate-ccw",
    "scissors",
    "search",
    "share-2",
    "square",
    "tag",
    "timer",
    "trash-2",
    "triangle-alert",
    "undo-2",
    "upload",
    "users",
    "video",
    "x",
    "zoom-in",
    "zoom-out",
]


def unpack(name: str, version: str, folder: Path) -> Path:
    """Return the folder of the npm package NAME@VERSION, unpacked below `folder`."""
    command = ["npm", "pack", "--silent", f"{name}@{version}"]
    packed = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    target = folder / name
    with tarfile.open(folder / packed.stdout.split()[-1]) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


def emptied(name: str, version: str) -> Path:
    """Return the empty folder for NAME-VERSION, with other versions removed."""
    for old in VENDOR.glob(f"{name}-*"):
        shutil.rmtree(old)
    folder = VENDOR / f"{name}-{version}"
    folder.mkdir(parents=True)
    return folder


def symbol(name: str, svg: str) -> str:
    """Return an icon's drawing as a `<symbol>` that inherits its stroke from the page."""
    drawing = re.search(r"<svg.*?>(.*)</svg>", svg, re.DOTALL)
    if drawing is None:
        raise ValueError(f"{name} is not an SVG file.")
    return f'<symbol id="{name}" viewBox="0 0 24 24">{" ".join(drawing[1].split())}</symbol>'


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        for library, files in LIBRARIES.items():
            package, target = unpack(*library, Path(temporary)), emptied(*library)
            for name in files:
                shutil.copy(package / name, target)
        lucide = unpack(*LUCIDE, Path(temporary))
        target = emptied(*LUCIDE)
        shutil.copy(lucide / "LICENSE", target)
        symbols = [symbol(name, (lucide / "icons" / f"{name}.svg").read_text()) for name in ICONS]
        sprite = '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"
        (target / "sprite.svg").write_text(sprite)


if __name__ == "__main__":
    main()
