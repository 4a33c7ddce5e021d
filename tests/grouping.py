"""Which tests share a worker of xdist's: those that drive the same running product, and those that say so.

xdist's own `--dist loadgroup` does nothing under this version of pytest, which it does not know yet.
"""

import re
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parent.parent
GROUP = re.compile(r'xdist_group\("(\w+)"\)')
PRODUCT = re.compile(r"def test_\w+\([^)]*\bproduct\b")


# One for each worker of scripts/test, so that none has to wait for another's tests before its own begin.
PRODUCTS = 3


@cache
def group_of(file: str) -> str | None:
    """Return the group of a test file, or None where each of its tests may run anywhere."""
    text = (ROOT / file).read_text()
    if found := GROUP.search(text):
        return found[1]
    if drives_product(file):
        # By turns, which spreads them more evenly than a hash of so few.
        return f"product-{sorted(filter(drives_product, test_files())).index(file) % PRODUCTS}"
    return None


@cache
def drives_product(file: str) -> bool:
    return file.startswith("tests/browser/") or bool(PRODUCT.search((ROOT / file).read_text()))


@cache
def test_files() -> list[str]:
    return [str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")]


class GroupScheduling(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0]) or nodeid
