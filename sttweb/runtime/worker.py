"""The worker process: one at a time, in this process, so that a model once loaded stays loaded."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

from django.db import close_old_connections
from django_rq.queues import get_queues
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker.base import WorkerStatus

logger = logging.getLogger(__name__)

# A worker renews its hold on a job this often; LEASE_SECONDS after it last did, another may have the job.
HEARTBEAT_SECONDS = 5
LEASE_SECONDS = 20
# How often a worker without work looks for jobs whose worker has died.
MAINTENANCE_SECONDS = 5
RECONNECT_SECONDS = 1


class WarmWorker(SimpleWorker):
    """RQ's worker without a child process, made safe to kill.

    RQ's own SimpleWorker takes its lease for as long as the job may last, so that a killed one is missed only
    an hour later. Here the lease is short, and a thread renews it.
    """

    # Of the process: a signal may come between one worker and the next.
    has_stopped: ClassVar[bool] = False
    # Seconds between two tries to reach Redis; RQ waits up to a minute.
    max_connection_wait_time = RECONNECT_SECONDS

    @property
    def dequeue_timeout(self) -> int:
        return MAINTENANCE_SECONDS

    def get_heartbeat_ttl(self, job: Job) -> int:
        return LEASE_SECONDS

    def execute_job(self, job: Job, queue: Queue) -> None:
        close_old_connections()
        self.prepare_execution(job)
        with self._renewing(job):
            self.perform_job(job, queue)
        self.set_state(WorkerStatus.IDLE)
        close_old_connections()

    def request_stop(self, signum: int, frame: Any) -> None:
        WarmWorker.has_stopped = True
        super().request_stop(signum, frame)

    def set_shutdown_requested_date(self) -> None:
        # Called in the middle of a job, which must not fail because Redis is away.
        with suppress(RedisError):
            super().set_shutdown_requested_date()

    def subscribe(self) -> None:
        """Listen to no commands: RQ's act on a worker's child process, and there is none."""

    @contextmanager
    def _renewing(self, job: Job) -> Iterator[None]:
        is_done = threading.Event()
        thread = threading.Thread(target=self._renew, args=(job, is_done), name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_done.set()
            thread.join()

    def _renew(self, job: Job, is_done: threading.Event) -> None:
        while not is_done.wait(HEARTBEAT_SECONDS):
            # AttributeError: the job ended this very moment and took its execution with it.
            with suppress(RedisError, AttributeError):
                self.maintain_heartbeats(job)


def work(names: list[str]) -> None:
    """Work on the queues until SIGTERM, which lets the job at hand finish. Outlives any absence of Redis."""
    # Raised where the signal comes while there is no job at hand, be that between two workers.
    with suppress(StopRequested):
        while not WarmWorker.has_stopped:
            try:
                worker = WarmWorker(
                    get_queues(*names),
                    serializer=JSONSerializer,
                    worker_ttl=LEASE_SECONDS,
                    maintenance_interval=MAINTENANCE_SECONDS,
                    log_job_description=False,
                )
                worker.work(logging_level="WARNING")
            except RedisError as error:
                logger.warning("Waiting for Redis: %s", error)
            # RQ's loop ends on any error of the connection; the model in this process must outlive that.
            if not WarmWorker.has_stopped:
                time.sleep(RECONNECT_SECONDS)
