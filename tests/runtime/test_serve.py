"""The product as one command: what it refuses, what it survives, and that it leaves nothing behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
import redis

from sttweb.runtime import valkey
from sttweb.runtime.leash import leashed
from tests.product import Product, answers, free_port, processes, product_environment, start_product
from tests.settings import PROJECT_DIR, TEST_ROOT

# For what hangs: a busy machine takes many times what an idle one takes.
PATIENCE_SECONDS = 240

# Far more than it takes to see the delays grow.
MOST_KILLS = 20

Answer = TypeVar("Answer")
Start = Callable[..., Product]
CHILDREN = [
    "valkey-server",
    "manage.py web",
    "manage.py follow",
    "work transcribe",
    "work prepare finish",
    "prepare_long",
    "work fetch",
]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Product] = []

    def start_one(*arguments: Path, **environment: str) -> Product:
        started.append(start_product(*arguments, **environment))
        return started[-1]

    yield start_one
    for product in started:
        product.process.kill()
        product.process.wait()


@pytest.fixture
def running(start: Start) -> Product:
    product = start()
    product.wait()
    return product


def refusal(product: Product) -> str:
    """Return the one line with which the product refuses to start."""
    assert product.process.wait(timeout=PATIENCE_SECONDS) == 1
    lines = [line for line in product.output.splitlines() if line and not line.endswith("…")]
    assert len(lines) == 1, product.output
    return lines[0]


def pids(product: Product, part: str) -> set[int]:
    return {pid for pid, command in processes(product.data_dir).items() if part in command}


def find(product: Product, part: str) -> int:
    """Return the number of a process, once it is there: while it becomes another program it is not."""
    return min(wait_until(lambda: pids(product, part)))


def wait_until(condition: Callable[[], Answer]) -> Answer:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (answer := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return answer


def client(data_dir: Path) -> redis.Redis:
    path = data_dir / "valkey" / "valkey.sock"
    # By default an answer may take no more than 5 s.
    return redis.Redis(unix_socket_path=str(path), retry=None, socket_timeout=2 * PATIENCE_SECONDS)


def test_all_parts_run_once_the_page_answers(running: Product) -> None:
    for part in CHILDREN:
        find(running, part)
    wait_until(lambda: "Ctrl-C" in running.output)
    assert f"{running.url}/" in running.output
    assert str(running.data_dir) in running.output
    assert "cpu" in running.output


def test_second_start_on_a_data_folder_in_use_is_refused(running: Product, start: Start) -> None:
    assert str(running.data_dir) in refusal(start(running.data_dir))
    assert answers(running.url)


def test_start_on_a_taken_port_is_refused(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        product = start(PORT=port)
        line = refusal(product)
    assert port in line
    assert "PORT=" in line
    assert not processes(product.data_dir)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "redis://user:secret@127.0.0.1:1/0"),
        ("DATABASE_URL", "postgres://user:secret@127.0.0.1:1/name"),
        ("HOST", "192.0.2.1"),
    ],
)
def test_start_is_refused_when_a_setting_leads_nowhere(start: Start, name: str, value: str) -> None:
    product = start(**{name: value})
    line = refusal(product)
    assert name in line
    assert "secret" not in line
    assert not processes(product.data_dir)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_when_it_is_told_to_stop(running: Product, number: signal.Signals) -> None:
    running.process.send_signal(number)
    assert running.process.wait(timeout=PATIENCE_SECONDS) == 0
    assert not processes(running.data_dir)


def test_nothing_is_left_when_it_is_stopped_while_starting(start: Start) -> None:
    product = start()
    wait_until(lambda: "valkey-server" in str(processes(product.data_dir)))
    assert product.stop() == 0
    assert not processes(product.data_dir)


def test_nothing_is_left_when_it_is_killed(running: Product) -> None:
    running.process.kill()
    running.process.wait()
    wait_until(lambda: not processes(running.data_dir))


def test_each_killed_part_is_back(running: Product) -> None:
    for part in CHILDREN:
        killed = find(running, part)
        before = pids(running, part)
        os.kill(killed, signal.SIGKILL)
        wait_until(partial(is_replaced, running, part, before))
        wait_until(lambda: answers(running.url))


def is_replaced(product: Product, part: str, before: set[int]) -> bool:
    return bool(pids(product, part) - before)


def delays(product: Product) -> list[str]:
    """Return after how many seconds each the web server was to be started again."""
    return re.findall(r"web ended .*, starting it again in (\d+) s", product.output)


def test_a_part_that_keeps_dying_is_started_ever_more_slowly(start: Start) -> None:
    product = start()
    product.wait()
    # On a busy machine it may be found so late that it is taken for one that works again.
    for _ in range(MOST_KILLS):
        before = len(delays(product))
        os.kill(find(product, "manage.py web"), signal.SIGKILL)
        wait_until(lambda before=before: len(delays(product)) > before)
        if delays(product)[-3:] == ["1", "2", "4"]:
            break
    assert delays(product)[-3:] == ["1", "2", "4"]


def test_the_queue_survives_a_crash_of_valkey(running: Product) -> None:
    with client(running.data_dir) as before:
        before.rpush("kept", *range(500))
        # Its file is written through once a second.
        assert before.waitaof(1, 0, PATIENCE_SECONDS * 1000)[0] == 1
    os.kill(find(running, "valkey-server"), signal.SIGKILL)
    wait_until(lambda: "valkey ended" in running.output)
    wait_until(lambda: valkey.answers(f"unix://{running.data_dir}/valkey/valkey.sock"))
    with client(running.data_dir) as after:
        assert after.llen("kept") == 500


def test_the_queue_survives_stop_and_start(running: Product, start: Start) -> None:
    with client(running.data_dir) as before:
        before.rpush("kept", *range(500))
    running.stop()
    again = start(running.data_dir)
    again.wait()
    with client(running.data_dir) as after:
        assert after.llen("kept") == 500


def test_a_damaged_queue_is_set_aside_and_the_product_starts(running: Product, start: Start) -> None:
    running.stop()
    folder = running.data_dir / "valkey" / "appendonlydir"
    for path in folder.glob("*.incr.aof"):
        path.write_bytes(b"this is not a queue\r\n" * 100)
    again = start(running.data_dir)
    again.wait()
    assert "damaged" in again.output
    assert list(folder.parent.glob("appendonlydir.damaged-*"))


def test_a_data_folder_deeper_than_a_sockets_path_may_be_works(start: Start, tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 6)
    product = start(deep)
    product.wait()
    assert product.stop() == 0
    assert not processes(deep)


def test_start_beside_a_valkey_left_by_an_earlier_run_is_refused(start: Start) -> None:
    data_dir = Path(tempfile.mkdtemp(dir=TEST_ROOT))
    folder = data_dir / "valkey"
    valkey.make_private(folder)
    socket_path = folder / "valkey.sock"
    with subprocess.Popen(valkey.command(socket_path, folder)) as left:
        try:
            assert valkey.wait(lambda: left.poll() is None, socket_path)
            line = refusal(start(data_dir))
        finally:
            left.kill()
    assert str(folder) in line


def test_no_valkey_is_started_beside_a_given_one(running: Product, start: Start) -> None:
    product = start(REDIS_URL=f"unix://{running.data_dir}/valkey/valkey.sock")
    product.wait()
    assert "valkey-server" not in str(processes(product.data_dir))


def test_make_run_starts_a_second_time_without_doing_its_set_up_again(tmp_path: Path) -> None:
    make_run(tmp_path)
    make_run(tmp_path)
    output = tmp_path.with_suffix(".output").read_text()
    assert "Starting" in output
    assert "Installing" not in output
    assert "Collecting" not in output


def make_run(data_dir: Path) -> None:
    """Start the product as people do, and end it as they do."""
    port = str(free_port())
    output_path = data_dir.with_suffix(".output")
    with output_path.open("wb") as output:
        process = subprocess.Popen(
            leashed(["make", "run", f"PORT={port}"]),
            cwd=PROJECT_DIR,
            env=product_environment(data_dir),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    wait_until(lambda: process.poll() is not None or "Ctrl-C" in output_path.read_text())
    assert answers(f"http://127.0.0.1:{port}"), output_path.read_text()
    # As a terminal does, to all that run in the foreground.
    os.killpg(process.pid, signal.SIGINT)
    process.wait(timeout=PATIENCE_SECONDS)
    assert not processes(data_dir)


def test_a_leashed_command_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    script = (
        "import subprocess; from sttweb.runtime.leash import leashed;"
        "print(subprocess.Popen(leashed(['sleep', '600'])).pid, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=PROJECT_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        child = Path("/proc") / parent.stdout.readline().decode().strip()
        wait_until(lambda: (child / "cmdline").read_bytes().startswith(b"sleep"))
        parent.kill()
        parent.wait()
    wait_until(lambda: has_ended(child))


def has_ended(process: Path) -> bool:
    try:
        return "State:\tZ" in (process / "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
