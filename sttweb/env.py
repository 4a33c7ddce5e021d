"""Everything read from the environment, once, strictly: a value that cannot be understood is refused.

`.env` in the project folder is read too; the process's own environment wins. `.env.example` lists every name.
"""

import hashlib
import os
import secrets
import tempfile
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import dj_email_url
from environs import Env, EnvError, ValidationError, validate

BASE_DIR = Path(__file__).resolve().parent.parent

# The kernel's limit for the path of a unix socket is 108 bytes with its closing NUL.
SOCKET_PATH_BYTES = 100

env = Env()
env.read_env(BASE_DIR / ".env", recurse=False)


def _secret_key(data_dir: Path) -> str:
    """Return the key kept in the data folder, making one on first use."""
    path = data_dir / "secret_key"
    try:
        if not path.exists():
            data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_once(path, secrets.token_urlsafe(50))
        return path.read_text().strip()
    except OSError as error:
        raise EnvError(f"the data folder {data_dir} cannot be used ({error.strerror}): set STT_DATA_DIR")


def write_once(path: Path, text: str) -> None:
    """Make the file, whole and for its owner alone; of processes that do so together the first one wins."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}") as draft:
        draft.write(text)
        draft.flush()
        with suppress(FileExistsError):
            os.link(draft.name, path)


def _valkey_socket(data_dir: Path) -> Path:
    socket = data_dir / "valkey" / "valkey.sock"
    if len(bytes(socket)) <= SOCKET_PATH_BYTES:
        return socket
    digest = hashlib.sha256(bytes(data_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"sttweb-{digest}" / "valkey.sock"


def _known_database_scheme(url: str) -> None:
    if url and urlsplit(url).scheme not in ("sqlite", "postgres", "postgresql"):
        raise ValidationError("it must begin with one of: postgres://, sqlite:///")


def _known_mail_scheme(url: str) -> None:
    if url and urlsplit(url).scheme not in dj_email_url.SCHEMES:
        raise ValidationError("it must begin with one of: smtp://, submission://, console://")


DEBUG = env.bool("STT_DEBUG", False)
DATA_DIR = Path(env.str("STT_DATA_DIR", str(BASE_DIR / "data"))).expanduser().resolve()
SECRET_KEY = env.str("SECRET_KEY", "") or _secret_key(DATA_DIR)

HOST = env.str("HOST", "127.0.0.1")
PORT = env.int("PORT", 8000, validate=validate.Range(1, 65535))
HTTPS = env.bool("STT_HTTPS", False)
PROXIES = env.int("STT_PROXIES", 0, validate=validate.Range(min=0, max=10))
ALLOWED_HOSTS = env.list("STT_ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])

DATABASE_URL = (
    env.str("DATABASE_URL", "", validate=_known_database_scheme) or f"sqlite:///{DATA_DIR / 'db.sqlite3'}"
)
VALKEY_SOCKET = _valkey_socket(DATA_DIR)
REDIS_URL = env.str("REDIS_URL", "")
EMAIL_URL = env.str("EMAIL_URL", "", validate=_known_mail_scheme) or "console://"
EMAIL_FROM = env.str("STT_EMAIL_FROM", "") or "sttweb@localhost"
SIGNUP = env.str("STT_SIGNUP", "open", validate=validate.OneOf(["open", "invite", "closed"]))
SIGNUPS_PER_HOUR = env.int("STT_SIGNUPS_PER_HOUR", 60, validate=validate.Range(min=1))

MODEL = env.str("STT_MODEL", "")
TRANSLATE_MODEL = env.str("STT_TRANSLATE_MODEL", "")
DEVICE = env.str("STT_DEVICE", "auto", validate=validate.OneOf(["auto", "cpu", "cuda"]))
COMPUTE_TYPE = env.str("STT_COMPUTE_TYPE", "")

QUOTA_HOURS = env.float("STT_QUOTA_HOURS", 1000.0)
QUOTA_GB = env.float("STT_QUOTA_GB", 200.0)
MAX_OPEN_UPLOADS = env.int("STT_MAX_OPEN_UPLOADS", 50, validate=validate.Range(min=1))
RECORDING_IDLE_MINUTES = env.float("STT_RECORDING_IDLE_MINUTES", 10.0, validate=validate.Range(min=0.01))
UPLOAD_IDLE_HOURS = env.float("STT_UPLOAD_IDLE_HOURS", 24.0, validate=validate.Range(min=0.001))
TRASH_DAYS = env.float("STT_TRASH_DAYS", 30.0, validate=validate.Range(min=0.0))

API_RATE = env.int("STT_API_RATE", 600, validate=validate.Range(min=1))
API_MB = env.int("STT_API_MB", 2000, validate=validate.Range(min=1))
WEBHOOK_ALLOW = env.list("STT_WEBHOOK_ALLOW", [], subcast=ip_network)
WEBHOOK_PORTS = env.list("STT_WEBHOOK_PORTS", [80, 443], subcast=int)

IMPORT_GB = env.float("STT_IMPORT_GB", 20.0)
IMPORT_PORTS = env.list("STT_IMPORT_PORTS", [80, 443], subcast=int)
IMPORT_ALLOW = env.list("STT_IMPORT_ALLOW", [], subcast=ip_network)
WATCH_DIR = env.str("STT_WATCH_DIR", "")
WATCH_USER = env.str("STT_WATCH_USER", "")
WATCH_AFTER = env.str("STT_WATCH_AFTER", "keep", validate=validate.OneOf(["keep", "delete"]))
if WATCH_DIR and not WATCH_USER:
    raise EnvError("STT_WATCH_DIR is set: set STT_WATCH_USER to the e-mail address of its recordings' owner")
