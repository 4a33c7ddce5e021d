"""The sound of a turn that is not committed yet: it is of no recording, and may come to nothing."""

import tempfile
from typing import IO

from django.conf import settings

from sttweb.accounts import keys
from transcripts import quotas
from transcripts.api.errors import ApiError, KeyRefused
from transcripts.api.gate import Caller

# Bytes that are kept in memory; beyond that, in a file. For as many more the account is looked at again.
SPOOLED_BYTES = 256 * 1024
# Bytes that a turn has at most: 46 minutes of what the vendor's clients send.
TURN_BYTES = 128 * 1024 * 1024

LONG_TURN = "The turn is too long, and this sound was not taken: commit or clear what was sent before."


class Spool:
    """Work for threads, but for `length`."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.length = 0
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(  # noqa: SIM115 -- closed at the end
            SPOOLED_BYTES, dir=str(settings.FILE_UPLOAD_TEMP_DIR)
        )

    def check_length(self, more: int) -> None:
        """Raises: ApiError: the turn would be too long with so many bytes more."""
        if self.length + more > TURN_BYTES:
            raise ApiError(LONG_TURN, 413)

    def keep(self, data: bytes) -> None:
        """Raises: Refused: there is no room for it, or the key was taken back."""
        length = self.length + len(data)
        if self.length == 0 or self.length // SPOOLED_BYTES != length // SPOOLED_BYTES:
            check_key(self.caller)
            quotas.check(self.caller.user, length)
        self.file.write(data)
        self.length = length

    def empty(self) -> None:
        self.file.seek(0)
        self.file.truncate()
        self.length = 0

    def close(self) -> None:
        self.file.close()


def check_key(caller: Caller) -> None:
    """Raises: KeyRefused: it was taken back, or has expired."""
    if not keys.usable().filter(pk=caller.key.pk).exists():
        raise KeyRefused
