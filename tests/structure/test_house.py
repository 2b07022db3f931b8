"""The house keeps its shape: what reviewers would otherwise have to see with their own eyes, each time."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "platform" / "clarion"

MODULE_LINES = 400
FUNCTION_LINES = 60

REGISTRY = re.compile(
    r"\b(?:pypi|files|index|registry|npm[a-z]*|crates|rubygems|deb|security|mirrors?|artifactory|nexus)"
    r"(?:\.[a-z0-9-]+)*\.(?:org|com|net|io|dev)\b"
)
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:root|home|Users|work)/[\w.-]")
ADDRESS_KEEPING_LOCKS = {"uv.lock", "poetry.lock", "Pipfile.lock", "pdm.lock"}


def tracked() -> list[Path]:
    """List the files that are in git or would be, so that a fault is seen before it is committed.

    A copy that came without git (a source archive) holds no others beside what the set-up made.
    """
    if not (ROOT / ".git").exists():
        made = re.compile(r"(.*/)?(\.venv|\.hypothesis|var|build|dist|__pycache__|\.\w+_cache)/")
        return sorted(p for p in ROOT.rglob("*") if p.is_file() and not made.match(str(p.relative_to(ROOT))))
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    paths = (ROOT / name for name in listing.stdout.split("\0") if name)
    return sorted(path for path in paths if path.is_file() and not path.is_symlink())


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command in the project's root, where the folder names that mislead imports are."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def texts() -> Iterator[tuple[Path, str]]:
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            yield path.relative_to(ROOT), content.decode()


def python_files() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py"]


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_standard_library_keeps_its_platform() -> None:
    """With an `__init__.py` there plain pytest stays green while `python -m pytest` dies."""
    assert not (ROOT / "platform" / "__init__.py").exists()
    asked = run(sys.executable, "-c", "import platform; print(platform.python_version())")
    assert asked.stdout.split() == [sys.version.split()[0]], asked.stderr


def test_only_the_package_can_be_imported_from_an_install() -> None:
    code = (
        "import clarion; from importlib.util import find_spec;"
        "print([name for name in ('config', 'plugins', 'tests') if find_spec(name)])"
    )
    asked = run(sys.executable, "-P", "-c", code)
    assert asked.stdout.strip() == "[]", asked.stderr


def test_imports_go_only_downward() -> None:
    asked = run(Path(sys.executable).with_name("lint-imports"), "--no-cache")
    assert asked.returncode == 0, asked.stdout + asked.stderr


def test_nothing_imports_the_folders_of_the_root() -> None:
    folders = ("config", "plugins", "tests", "campaigns", "translations", "platform.clarion")
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in python_files()
        for name in imported(ast.parse(path.read_bytes()))
        if f"{name}.".startswith(tuple(f"{folder}." for folder in folders))
    ]
    assert not wrong


def test_modules_stay_readable() -> None:
    """A module that outgrows a few screens holds a concept that wants its own name."""
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in PACKAGE.rglob("*.py")}
    assert lengths
    assert not {path.name: lines for path, lines in lengths.items() if lines > MODULE_LINES}


def test_functions_stay_readable() -> None:
    """A step of the schema's history is one long list by nature and is left out."""
    long = {
        f"{path.relative_to(PACKAGE)}:{function.lineno} {function.name}": lines
        for path in PACKAGE.rglob("*.py")
        if path.parent.name != "versions"
        for function in functions(ast.parse(path.read_bytes()))
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES
    }
    assert not long


def test_modules_are_named_for_what_they_hold() -> None:
    vague = re.compile(r"_*(utils?|helpers?|misc|common)_*")
    assert not [
        str(path.relative_to(ROOT))
        for path in python_files()
        if any(vague.fullmatch(part) for part in (*path.relative_to(ROOT).parts[:-1], path.stem))
    ]


@pytest.mark.parametrize(
    ("pattern", "seen", "unseen"),
    [
        (REGISTRY, "registry.a-registry.org", "https://sanctuary-dc.example/privacy"),
        (MACHINE_PATH, "see /" + "home/someone", "https://sanctuary-dc.example/home/someone"),
    ],
)
def test_text_names_no_registry_and_no_machine(pattern: re.Pattern[str], seen: str, unseen: str) -> None:
    """Such a line works on one machine and misleads, or fails, on every other."""
    assert pattern.search(seen)
    assert not pattern.search(unseen)
    this_test = Path(__file__).relative_to(ROOT)
    found = {str(path): pattern.findall(text) for path, text in texts() if path != this_test}
    assert not {path: matches for path, matches in found.items() if matches}


def test_nothing_made_is_tracked() -> None:
    """Catalogs are compiled at start and locks hold no addresses, so neither has a place here."""
    assert not [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix in {".mo", ".pyc"} or path.name in ADDRESS_KEEPING_LOCKS
    ]


def test_locks_pin_every_package_by_hash() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        entries = re.split(r"\n(?=[a-z])", (ROOT / name).read_text("utf-8"))[1:]
        pinned = re.compile(r"[a-z0-9-]+==\S+ .*--hash=sha256:", re.DOTALL)
        assert entries
        assert not [entry for entry in entries if not pinned.match(entry)]


def test_the_readme_names_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "make serve" in readme
    assert "make test" in readme
