"""The environment's reader, and the file that explains it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.settings import PROJECT_DIR

READ = re.compile(r'env\.\w+\(\s*"([A-Z_]+)"')
EXPLAINED = re.compile(r"^#?([A-Z_]+)=", re.MULTILINE)


def manage(data_dir: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, PROJECT_DIR / "manage.py", *arguments],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "sttweb.settings",
            "STT_DATA_DIR": str(data_dir),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=180,
    )


def test_env_example_names_what_is_read_and_nothing_else() -> None:
    read = READ.findall((PROJECT_DIR / "sttweb" / "env.py").read_text())
    explained = EXPLAINED.findall((PROJECT_DIR / ".env.example").read_text())
    assert sorted(explained) == sorted(set(read))


def test_env_example_states_the_defaults(tmp_path: Path) -> None:
    example = (PROJECT_DIR / ".env.example").read_text()
    stated = dict(re.findall(r"^#([A-Z_]+)=(.+)$", example, re.MULTILINE))
    stated.pop("STT_DATA_DIR")
    script = "from sttweb import env; print(sorted((k, str(v)) for k, v in vars(env).items() if k.isupper()))"
    outputs = set()
    for given in ({}, stated):
        clean = {name: value for name, value in os.environ.items() if name not in EXPLAINED.findall(example)}
        finished = subprocess.run(
            [sys.executable, "-c", script],
            cwd=PROJECT_DIR,
            env={**clean, **given, "STT_DATA_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.add(finished.stdout)
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("STT_DEBUG", "perhaps"),
        ("STT_SIGNUP", "everybody"),
        ("STT_DEVICE", "gpu"),
        ("STT_QUOTA_GB", "much"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("EMAIL_URL", "mail.example.org"),
        ("STT_DATA_DIR", "/dev/null/data"),
    ],
)
def test_a_value_that_cannot_be_understood_is_refused_in_one_line(
    tmp_path: Path, name: str, value: str
) -> None:
    finished = manage(tmp_path, "check", **{"SECRET_KEY": "", name: value})
    assert finished.returncode == 1
    assert finished.stderr.count("\n") == 1
    assert name in finished.stderr


@pytest.mark.parametrize(
    ("url", "verification"), [("", "none"), ("console://", "none"), ("smtp://mail.example.org", "mandatory")]
)
def test_addresses_are_confirmed_where_mail_is_sent(tmp_path: Path, url: str, verification: str) -> None:
    script = "from django.conf import settings; print(settings.ACCOUNT_EMAIL_VERIFICATION)"
    finished = manage(tmp_path, "shell", "--no-imports", "--command", script, EMAIL_URL=url)
    assert finished.stdout.strip() == verification
    assert manage(tmp_path, "check", EMAIL_URL=url).returncode == 0


def test_secret_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    command = [sys.executable, "-c", "from sttweb.env import SECRET_KEY; print(SECRET_KEY)"]
    environment = {**os.environ, "STT_DATA_DIR": str(data_dir), "SECRET_KEY": ""}
    started = [
        subprocess.Popen(command, cwd=PROJECT_DIR, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    keys = {process.communicate()[0].strip() for process in started}
    assert len(keys) == 1
    assert len(keys.pop()) > 50
    assert (data_dir / "secret_key").stat().st_mode & 0o777 == 0o600
    assert data_dir.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in data_dir.iterdir()] == ["secret_key"]


def test_socket_path_stays_within_the_kernels_limit_for_a_deep_folder(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 6)
    command = [sys.executable, "-c", "from sttweb.env import VALKEY_SOCKET; print(VALKEY_SOCKET)"]
    environment = {**os.environ, "STT_DATA_DIR": str(deep)}
    output = subprocess.check_output(command, cwd=PROJECT_DIR, env=environment, text=True)
    assert len(output.strip().encode()) <= 107
