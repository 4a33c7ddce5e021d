"""The processes that make up the product."""

import os
import sys

from sttweb import env
from sttweb.runtime import valkey
from sttweb.runtime.leash import leashed
from sttweb.runtime.supervisor import Program

# Beyond these a Whisper encoder gains nothing.
MOST_THREADS = 8
SPEECH_QUEUES = ("transcribe_live", "preview", "transcribe")
# CTranslate2's encoder otherwise spends a third of its time on page faults.
TUNABLES = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=17179869184"


def embedded_valkey() -> Program:
    return Program("valkey", valkey.command(env.VALKEY_SOCKET, env.DATA_DIR / "valkey"))


def product() -> list[Program]:
    """Return everything but the queue's server, in the order of starting."""
    threads = os.environ.get("OMP_NUM_THREADS", str(min(os.cpu_count() or 1, MOST_THREADS)))
    watcher = [_manage("watch", "watch")] if env.WATCH_DIR else []
    return [
        _manage("web", "web"),
        # What somebody is speaking goes first, then its preview, then files.
        _manage("transcribe", "work", *SPEECH_QUEUES, GLIBC_TUNABLES=TUNABLES, OMP_NUM_THREADS=threads),
        _manage("live", "follow", OMP_NUM_THREADS="1"),
        # Two, of which one takes no long recordings: they never keep a note waiting.
        _manage("prepare", "work", "prepare", "finish", OMP_NUM_THREADS="1"),
        _manage("prepare-long", "work", "prepare", "finish", "prepare_long", OMP_NUM_THREADS="1"),
        # Apart, because a slow server must keep no recording waiting that is already here.
        _manage("fetch", "work", "fetch", OMP_NUM_THREADS="1"),
        # Apart too: whoever is told may be slow to listen.
        _manage("deliver", "work", "deliver", OMP_NUM_THREADS="1"),
        _manage("models", "fetch_models", may_finish=True),
        *watcher,
    ]


def _manage(name: str, *arguments: str, may_finish: bool = False, **environment: str) -> Program:
    command = leashed([sys.executable, str(env.BASE_DIR / "manage.py"), *arguments])
    return Program(name, command, environment, may_finish)
