"""Imports point down: views, consumers, jobs → acts → models, engine, exports."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOP = {"views", "consumers", "jobs", "urls", "routing", "admin", "context", "management", "api"}


def modules(folder: str) -> list[Path]:
    found = [path for path in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in path.parts]
    assert len(found) > 3, f"{folder} has moved"
    return found


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("folder", ["transcripts/engine", "transcripts/exports"])
def test_engine_and_exports_know_no_django(folder):
    for path in modules(folder):
        known = imports(path)
        assert not {
            n for n in known if n.split(".")[0] in {"django", "channels", "rq", "django_rq", "sttweb"}
        }, path
        own = {n for n in known if n.startswith("transcripts.")}
        assert all(n.split(".")[1] in {"engine", "exports"} for n in own), path


def test_models_know_nothing_above_them():
    for path in modules("transcripts/models"):
        own = {n.split(".")[1] for n in imports(path) if n.startswith("transcripts.")}
        assert own <= {"models"}, path


def test_acts_know_nothing_above_them():
    acts = [path for path in modules("transcripts") if path.parent == ROOT / "transcripts"]
    assert len(acts) > 20
    for path in acts:
        if path.stem in TOP | {"apps"}:
            continue
        own = {n.split(".")[1] for n in imports(path) if n.startswith("transcripts.")}
        assert not own & TOP, path


def test_only_events_sends_to_groups():
    senders = [path.name for path in modules("transcripts") if ".group_send" in path.read_text()]
    assert senders == ["events.py"]
