"""MariaDB and WordPress from Debian's packages, with data, settings and a port of their own while a run lasts."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import subprocess
import urllib.request
from pathlib import Path

from rig.site import free_port, wait_until

PACKAGE = Path("/usr/share/wordpress")
PHP = Path(__file__).parent / "php"
DEBIAN = (
    "apt install wordpress wordpress-theme-twentytwentyone wordpress-theme-twentytwentythree "
    "php-cli php-mysql php-xml php-mbstring mariadb-server"
)
CONFIG = """\
<?php
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:{socket}');
define('DB_CHARSET', 'utf8mb4');
define('WP_HOME', '{url}');
define('WP_SITEURL', '{url}');
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('WP_ACCESSIBLE_HOSTS', '127.0.0.1');
define('DISABLE_WP_CRON', true);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""
"""Asks nobody but the petition's site for anything, as a test reaches for nothing outside."""


class MariaDB:
    """A MariaDB that listens on a socket only."""

    def __init__(self, folder: Path) -> None:
        self.socket, self._log, data = folder / "socket", folder / "log", folder / "data"
        folder.mkdir()
        common = ["--no-defaults", f"--datadir={data}", f"--user={getpass.getuser()}"]
        made = ["mariadb-install-db", *common, "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [_daemon(), *common, f"--socket={self.socket}", "--skip-networking"], stdout=log, stderr=log
            )
        wait_until(self._answers, self._log.read_text)
        self._run("mariadb", "--execute=CREATE DATABASE wordpress")

    def _answers(self) -> bool:
        assert self._process.poll() is None, self._log.read_text()
        return self._run("mariadb-admin", "ping", check=False) == 0

    def _run(self, *command: str, check: bool = True) -> int:
        given = [command[0], "--no-defaults", "--user=root", f"--socket={self.socket}", *command[1:]]
        return subprocess.run(given, check=check, capture_output=True).returncode

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(timeout=30)


class WordPress:
    """A WordPress behind the server that PHP brings; its visitors know it under `localhost`."""

    def __init__(self, folder: Path, database: MariaDB) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://localhost:{self.port}"
        # copied, as it takes its settings from beside its own files, and links from Debian lead back to those
        shutil.copytree(PACKAGE, folder)
        words = CONFIG.format(socket=database.socket, url=self.url)
        (folder / "wp-config.php").write_text(words, "utf-8")
        self.rules = folder / "wp-content" / "mu-plugins"
        self.rules.mkdir()
        shutil.copy(PHP / "loopback.php", self.rules)
        self.run("install.php")
        with (folder / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                ["php", "-S", f"localhost:{self.port}", "-t", str(folder)],
                env={**os.environ, "PHP_CLI_SERVER_WORKERS": "6"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self._answers, (folder / "server.log").read_text)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/wp-login.php", timeout=20) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def run(self, script: str, *words: str) -> str:
        """Run one of the scripts beside this file inside WordPress; what it says."""
        command = ["php", "-d", "display_errors=stderr", str(PHP / script), str(self.folder), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def write(
        self, content: str, theme: str = "twentytwentythree", title: str = "A petition that we are part of"
    ) -> str:
        """Publish a post of the editor's, seen in a theme; its address."""
        return f"{self.url}/?p={self.run('write.php', theme, title, content)}"

    def close(self) -> None:
        """End it with its workers."""
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(timeout=30)


def missing() -> list[str]:
    """The programs and files that are not on this machine."""
    programs = [name for name in ("php", "mariadb-install-db", "mariadb", "mariadb-admin") if not shutil.which(name)]
    themes = [PACKAGE / "wp-content" / "themes" / name for name in ("twentytwentyone", "twentytwentythree")]
    return programs + [str(path) for path in (PACKAGE / "wp-load.php", *themes) if not path.exists()]


def _daemon() -> str:
    return shutil.which("mariadbd") or "/usr/sbin/mariadbd"
