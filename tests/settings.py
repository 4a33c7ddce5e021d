"""Settings for tests: the product's own, in a temporary folder, whatever the shell or .env says.

PostgreSQL is used where DATABASE_URL names one.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parent.parent
DEMO_MODEL = PROJECT_DIR / "transcripts" / "engine" / "demo" / "whisper"

# The first process makes the folder and removes it; xdist's workers, its children, have one each inside it.
if "STT_TEST_ROOT" not in os.environ:
    os.environ["STT_TEST_ROOT"] = tempfile.mkdtemp(prefix="sttweb-test-")
    atexit.register(shutil.rmtree, os.environ["STT_TEST_ROOT"], ignore_errors=True)
TEST_ROOT = Path(os.environ["STT_TEST_ROOT"])

PRODUCT_ENVIRONMENT = {
    "STT_DEBUG": "off",
    "STT_HTTPS": "off",
    "STT_ALLOWED_HOSTS": "localhost,127.0.0.1,[::1],testserver",
    "STT_SIGNUP": "open",
    # The tests of one product come from one address.
    "STT_SIGNUPS_PER_HOUR": "1000",
    "STT_MODEL": str(DEMO_MODEL),
    "STT_TRANSLATE_MODEL": str(DEMO_MODEL),
    # What a program may send at once, small enough to try.
    "STT_API_MB": "30",
    "STT_DEVICE": "cpu",
    "STT_COMPUTE_TYPE": "",
    "SECRET_KEY": "",
    "REDIS_URL": "",
    "EMAIL_URL": "console://",
    "HOST": "127.0.0.1",
    # Tests' own receivers.
    "STT_WEBHOOK_ALLOW": "127.0.0.1/32",
    # No test may depend on the network, or reach it by accident.
    "HF_HUB_OFFLINE": "1",
}
os.environ.update(PRODUCT_ENVIRONMENT)
os.environ["STT_DATA_DIR"] = tempfile.mkdtemp(prefix="data-", dir=TEST_ROOT)

from sttweb.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# A busy machine is no server that is away: what is counted must not be counted in two places.
CACHES["default"]["OPTIONS"] = {"socket_timeout": 60, "socket_connect_timeout": 60}  # noqa: F405
# Else each of the hundreds of test clients looks through all static files.
WHITENOISE_AUTOREFRESH = True
