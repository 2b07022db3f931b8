"""A service that the settings do not name, or that is not there, is told in one line, never by a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rig.site import SLUG, Site

NOBODY = "postgresql+psycopg://postgres@127.0.0.1:1/postgres"
SITE = {"DATABASE__URL": NOBODY, "BROKER__URL": "redis://127.0.0.1:1/0"}

CASES: tuple[tuple[tuple[str, ...], dict[str, str], str], ...] = (
    (("run",), {}, "database"),
    (("worker",), {}, "database"),
    (("run",), {"DATABASE__URL": "sqlite:///var/clarion.db"}, "database.url"),
    (("run",), {"BROKER__URL": "memory://"}, "broker.url"),
    (("run",), {"DATABASE__URL": ""}, "database.url"),
    (("run",), {"BROKER__URL": ""}, "broker.url"),
    (("run",), {"PLUGINS__EMAIL__URL": ""}, "plugins.email.url"),
    (("serve", "--port", "1"), {"BROKER__URL": "memory://"}, "database"),
    (("db", "upgrade"), {}, "database"),
    (("publish", SLUG), {}, "database"),
    (("status",), {}, "database"),
    (("doctor",), {}, "database"),
    (("status",), {"DATABASE__URL": "sqlite:////dev/null/clarion.db"}, "database"),
    (("db", "upgrade"), {"KEYRING__FOLDER": "/dev/null/keyring"}, "keyring"),
)


def test_an_absent_service_is_told_in_one_line(tmp_path: Path) -> None:
    site = Site(tmp_path / "home", NOBODY, "redis://127.0.0.1:1/0")

    def told(case: tuple[tuple[str, ...], dict[str, str], str]) -> str:
        command, settings, _ = case
        environment = site.environment | {f"CLARION_{key}": value for key, value in {**SITE, **settings}.items()}
        done = subprocess.run(
            [sys.executable, "-m", "clarion", *command],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return f"{done.returncode}\n{done.stdout}{done.stderr}".strip()

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = list(pool.map(told, CASES))
    for (command, settings, word), answer in zip(CASES, answers, strict=True):
        code, *lines = answer.splitlines()
        assert code != "0", (command, settings, answer)
        assert len(lines) == 1, (command, settings, answer)
        assert word in lines[0], (command, settings, answer)
