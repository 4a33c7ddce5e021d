"""Fetch the fonts of exported PDF files into `transcripts/exports/fonts`, with their licences.

Run `python scripts/fonts.py` after changing a version here; what it writes is committed. DejaVu and Noto come
from npm, the fallback for Chinese, Japanese and Korean from Debian, so this runs on Debian.
"""

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from fontTools.ttLib import TTFont

FONTS = Path(__file__).resolve().parent.parent / "transcripts" / "exports" / "fonts"

DEJAVU = "dejavu-fonts-ttf@2.37.3"
NOTO = {"devanagari": "@fontsource/noto-sans-devanagari@5.3.0", "thai": "@fontsource/noto-sans-thai@5.3.0"}
DROID = "fonts-droid-fallback"
APACHE = Path("/usr/share/common-licenses/Apache-2.0")


def unpack(package: str, folder: Path) -> Path:
    """Return the folder of the npm package NAME@VERSION, unpacked below `folder`."""
    command = ["npm", "pack", "--silent", package]
    packed = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    name = packed.stdout.split()[-1]
    with tarfile.open(folder / name) as archive:
        archive.extractall(folder / f"{name}.d", filter="data")
    return folder / f"{name}.d" / "package"


def dejavu(folder: Path) -> None:
    package = unpack(DEJAVU, folder)
    for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"):
        shutil.copy(package / "ttf" / name, FONTS)
    shutil.copy(package / "LICENSE", FONTS / "LICENSE-DejaVu")


def noto(script: str, package_name: str, folder: Path) -> None:
    package = unpack(package_name, folder)
    font = TTFont(package / "files" / f"noto-sans-{script}-{script}-400-normal.woff2")
    font.flavor = None
    font.save(FONTS / f"NotoSans{script.title()}.ttf")
    shutil.copy(package / "LICENSE", FONTS / f"LICENSE-NotoSans{script.title()}")


def droid(folder: Path) -> None:
    subprocess.run(["apt-get", "download", DROID], cwd=folder, check=True)
    (deb,) = folder.glob(f"{DROID}_*.deb")
    subprocess.run(["dpkg-deb", "--extract", deb, folder / "droid"], check=True)
    shared = folder / "droid" / "usr" / "share"
    shutil.copy(shared / "fonts-droid-fallback" / "truetype" / "DroidSansFallback.ttf", FONTS)
    notice = (shared / "doc" / DROID / "copyright").read_text()
    (FONTS / "LICENSE-Droid").write_text(f"{notice}\n{APACHE.read_text()}")


def main() -> None:
    FONTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        dejavu(folder)
        for script, package in NOTO.items():
            noto(script, package, folder)
        droid(folder)


if __name__ == "__main__":
    main()
