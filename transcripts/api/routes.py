"""Where the APIs are."""

# Below these everything is for programs. `/api/docs` is a page.
PREFIXES = ("/v1/", "/fal/", "/speechtotext/", "/speech/", "/stt/", "/sts/", "/api/v1/", "/.well-known/")


def is_api(path: str) -> bool:
    return path.startswith(PREFIXES)
