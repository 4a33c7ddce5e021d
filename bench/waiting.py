"""What calls that wait cost: their memory, and how long a page takes beside them.

DJANGO_SETTINGS_MODULE=tests.settings .venv/bin/python -m bench.waiting [calls]
"""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from statistics import median, quantiles

import httpx

from bench.client import Visitor
from bench.recordings import NOTE
from tests.clients.conftest import new_key
from tests.product import Product, processes, start_product

WORDS = "The meeting starts at nine."
PAGE_LOADS = 60
WAIT_SECONDS = 600


def pids(product: Product, command: str) -> list[int]:
    return [pid for pid, line in processes(product.data_dir).items() if f"manage.py {command}" in line]


def resident(pid: int) -> float:
    """Return the process's resident memory in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000


async def call(client: httpx.AsyncClient) -> str:
    form = {"model": "whisper-1"}
    answer = await client.post("/v1/audio/transcriptions", data=form, files={"file": NOTE.read_bytes()})
    answer.raise_for_status()
    return answer.json()["text"]


def page_times(visitor: Visitor) -> list[float]:
    times = []
    for _ in range(PAGE_LOADS):
        began = time.monotonic()
        visitor.send("GET", "/library/")
        times.append((time.monotonic() - began) * 1000)
        time.sleep(0.05)
    return times


def told(name: str, times: list[float]) -> None:
    print(f"{name}: median {median(times):.0f} ms, p95 {quantiles(times, n=20)[-1]:.0f} ms")


async def measure(product: Product, key: str, visitor: Visitor, count: int) -> None:
    (web,) = pids(product, "web")
    workers = pids(product, "work transcribe")
    limits = httpx.Limits(max_connections=count + 10)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        base_url=product.url, headers=headers, limits=limits, timeout=WAIT_SECONDS
    ) as client:
        await call(client)
        told("page alone", await asyncio.to_thread(page_times, visitor))
        before = resident(web)
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        try:
            calls = [asyncio.create_task(call(client)) for _ in range(count)]
            loads = asyncio.to_thread(page_times, visitor)
            told(f"page while {count} calls arrive", await loads)
            await asyncio.sleep(20)
            assert not any(task.done() for task in calls)
            told(f"page beside {count} waiting calls", await asyncio.to_thread(page_times, visitor))
            threads = len(list(Path(f"/proc/{web}/task").iterdir()))
            print(f"web process: {before:.0f} MB before, {resident(web):.0f} MB now, {threads} threads")
        finally:
            for worker in workers:
                os.kill(worker, signal.SIGCONT)
        began = time.monotonic()
        texts = await asyncio.gather(*calls)
        assert all(WORDS in text for text in texts)
        print(f"all {count} answered {time.monotonic() - began:.1f} s after the worker went on")


def main(count: int = 200) -> None:
    product = start_product(DATABASE_URL="", STT_API_RATE="10000")
    try:
        product.wait()
        visitor = Visitor(product.url)
        visitor.sign_up()
        asyncio.run(measure(product, new_key(product), visitor, count))
    finally:
        product.stop()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
