"""`manage.py serve`: the whole product in one terminal."""

import http.client
import logging
import sys
import threading
from io import TextIOWrapper
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError
from django.db import close_old_connections

from sttweb import env
from sttweb.runtime import preconditions, programs, valkey
from sttweb.runtime.preconditions import StartError
from sttweb.runtime.supervisor import Supervisor
from transcripts import failpoints, speech
from transcripts.reconcile import reconcile

logger = logging.getLogger(__name__)

RECONCILE_SECONDS = 5
WEB_GRACE_SECONDS = 5
# Names for "every address of this machine", and the one to reach it under.
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


class Command(BaseCommand):
    help = "Run the product: the queue's server, the web server, the workers. Ctrl-C ends all of it."
    # What can be wrong is told in a sentence below; the checks belong to set-up.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        # Whoever reads this through a pipe wants it now.
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(line_buffering=True)
        try:
            with preconditions.only_one(env.DATA_DIR):
                self._run(Supervisor())
        except (StartError, valkey.ValkeyError) as error:
            self.stderr.write(str(error))
            sys.exit(1)

    def _run(self, supervisor: Supervisor) -> None:
        failpoints.spare()
        supervisor.listen()
        try:
            self._start(supervisor)
            # Off the main thread: both may wait for a server that only the main thread can start again.
            for work in (_reconcile, self._announce):
                threading.Thread(target=work, args=(supervisor,), daemon=True).start()
            while not supervisor.is_stopping:
                supervisor.tend()
                supervisor.pause()
        finally:
            self._stop(supervisor)

    def _start(self, supervisor: Supervisor) -> None:
        preconditions.check_port(env.HOST, env.PORT)
        if env.REDIS_URL:
            preconditions.check_redis(env.REDIS_URL)
        else:
            self._start_valkey(supervisor)
        if not supervisor.is_stopping:
            self._migrate()
        for program in programs.product():
            if not supervisor.is_stopping:
                supervisor.add(program)

    def _start_valkey(self, supervisor: Supervisor) -> None:
        folder = env.DATA_DIR / "valkey"
        for private in (folder, env.VALKEY_SOCKET.parent):
            valkey.make_private(private)
        if valkey.answers(f"unix://{env.VALKEY_SOCKET}"):
            # A second one would start all the same, and take the socket from the first.
            raise StartError(f"A Valkey of an earlier run still serves {folder}: end that process first.")
        server = supervisor.add(programs.embedded_valkey())

        def is_awaited() -> bool:
            return server.is_running() and not supervisor.is_stopping

        if valkey.wait(is_awaited, env.VALKEY_SOCKET) or supervisor.is_stopping:
            return
        aside = valkey.set_journal_aside(folder)
        server.start()
        if not valkey.wait(is_awaited, env.VALKEY_SOCKET) and not supervisor.is_stopping:
            raise StartError(f"The embedded Valkey does not start: {folder / 'valkey.log'} says why.")
        self.stdout.write(
            f"The queue's file was damaged and is now {aside}. Nothing is lost: the work is queued anew."
        )

    def _migrate(self) -> None:
        self.stdout.write("Preparing the database …")
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except DatabaseError as error:
            reason = str(error).strip().partition("\n")[0]
            raise StartError(f"The database cannot be used ({reason}): correct DATABASE_URL or unset it.")

    def _announce(self, supervisor: Supervisor) -> None:
        """Say where the page is, once it is there."""
        while not supervisor.is_stopping and not _page_answers():
            supervisor.pause()
        if not supervisor.is_stopping:
            host = f"[{env.HOST}]" if ":" in env.HOST else env.HOST
            self.stdout.write(
                f"\n  Open    http://{host}:{env.PORT}/\n"
                f"  Speech  {speech.describe()}\n"
                f"  Data    {env.DATA_DIR}\n\n"
                "Ctrl-C ends it."
            )

    def _stop(self, supervisor: Supervisor) -> None:
        children = {child.program.name: child for child in supervisor.children}
        if children:
            self.stdout.write("\nStopping …")
        web, server = children.pop("web", None), children.pop("valkey", None)
        # First what takes work in, then what does it, and last the queue that joins them.
        supervisor.stop([web] if web else [], WEB_GRACE_SECONDS)
        supervisor.stop(list(children.values()))
        if server and server.is_running():
            valkey.shut_down(env.VALKEY_SOCKET)
        supervisor.stop([server] if server else [])


def _reconcile(supervisor: Supervisor) -> None:
    while not supervisor.is_stopping:
        close_old_connections()
        try:
            reconcile()
        except Exception:
            # Whatever it stumbled over, the next round may get further, and nothing else would do its work.
            logger.exception("Reconciling failed")
        supervisor.pause(RECONCILE_SECONDS)
    close_old_connections()


def _page_answers() -> bool:
    allowed = next((host.lstrip(".") for host in settings.ALLOWED_HOSTS if host != "*"), "localhost")
    connection = http.client.HTTPConnection(ANY_ADDRESS.get(env.HOST, env.HOST), env.PORT, timeout=5)
    try:
        connection.request("GET", "/", headers={"Host": allowed})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
