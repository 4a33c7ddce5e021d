"""Bodies of calls, which are not kept in memory while their callers wait."""

from django.http import HttpRequest


def let_go(request: HttpRequest) -> None:
    """Forget the body and its files: what was wanted of them was taken."""
    request.close()
    request._stream.close()
