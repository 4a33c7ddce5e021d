"""Peak memory of the workers for 3 hours of audio against 3 minutes, each in a product of its own.

.venv/bin/python -m bench.worker_memory
"""

import re
import threading
import time
from collections import defaultdict
from pathlib import Path

from bench.client import Visitor
from bench.recordings import long_recording
from tests.product import Product, processes, start_product


def peaks(minutes: float) -> dict[str, float]:
    """Return the peak resident memory in MB by kind of process."""
    path = long_recording(minutes)
    product = start_product()
    highest: dict[str, float] = defaultdict(float)
    stop = threading.Event()
    sampler = threading.Thread(target=sample, args=(product, highest, stop))
    try:
        product.wait()
        sampler.start()
        visitor = Visitor(product.url)
        visitor.sign_up()
        final = visitor.watch(visitor.upload(path))[-1]
        assert final.state == "done", final
    finally:
        stop.set()
        sampler.join()
        product.stop()
    return highest


def sample(product: Product, highest: dict[str, float], stop: threading.Event) -> None:
    """Note the kernel's own high-water mark of every process, so that none is missed between two looks."""
    while not stop.is_set():
        for pid, command in processes(product.data_dir).items():
            name = re.split(r"manage\.py |-m ", command)[-1][:40]
            highest[kind(name)] = max(highest[kind(name)], high_water(pid))
        time.sleep(0.2)


def kind(command: str) -> str:
    for name in ("decoder", "remuxer", "work transcribe", "work prepare", "web", "serve"):
        if name in command:
            return name
    return "other"


def high_water(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1000 if found else 0.0


def main() -> None:
    short, long = peaks(3), peaks(180)
    for name in sorted(long):
        more = long[name] - short[name]
        print(f"{name:16} 3 min {short[name]:6.0f} MB   3 h {long[name]:6.0f} MB   {more:+.0f} MB")


if __name__ == "__main__":
    main()
