"""Lighthouse's accessibility score of every page, as npm's own command gives it in Chromium.

.venv/bin/python -m bench.lighthouse [LIGHTHOUSE]

LIGHTHOUSE is its command; by default `npx lighthouse@12.8.2`, which needs Node.js 18 and the npm registry.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.client import Visitor
from bench.recordings import NOTE
from tests.product import start_product

VISITORS = ("/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/")
VISITORS += ("/api/docs/", "/api/docs/clients/", "/api/docs/recordings/")
USERS = ("/", "/library/", "/trash/", "/texts/", "/vocabulary/", "/subtitle-profiles/", "/accounts/")
USERS += ("/api-keys/", "/webhooks/")
PARTS = ("", "history/", "takeaway/", "subtitles/", "review/", "original/")


def score(command: list[str], url: str, cookie: str) -> tuple[float, list[str]]:
    """Return the score from 0 to 100, and what was found wanting."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        arguments = ["--only-categories=accessibility", "--output=json", f"--output-path={report}", "--quiet"]
        chrome = "--chrome-flags=--headless=new --no-sandbox"
        headers = f"--extra-headers={json.dumps({'Cookie': cookie})}"
        environment = {"CHROME_PATH": "/usr/bin/chromium", **os.environ}
        subprocess.run([*command, url, *arguments, chrome, headers], check=True, env=environment)
        found = json.loads(report.read_text())
    failed = [a["id"] for a in found["audits"].values() if a["score"] is not None and a["score"] < 1]
    return 100 * found["categories"]["accessibility"]["score"], failed


def main() -> None:
    command = shlex.split(sys.argv[1]) if len(sys.argv) > 1 else ["npx", "--yes", "lighthouse@12.8.2"]
    product = start_product()
    try:
        product.wait()
        visitor = Visitor(product.url)
        visitor.sign_up()
        recording = visitor.upload(NOTE)
        visitor.watch(recording)
        cookie = "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.cookies)
        pages = [(path, "") for path in VISITORS]
        pages += [(path, cookie) for path in (*USERS, *(f"/recordings/{recording}/{part}" for part in PARTS))]
        for path, sent in pages:
            value, failed = score(command, product.url + path, sent)
            print(f"{value:4.0f}  {path.replace(recording, '…')}  {' '.join(failed)}", flush=True)
    finally:
        product.stop()


if __name__ == "__main__":
    main()
