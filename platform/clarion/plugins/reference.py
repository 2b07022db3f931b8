"""The page for plugin authors, made from the hooks themselves, so it cannot lie."""

from __future__ import annotations

import inspect

from .. import api
from ..hookspecs import API_VERSION, Hooks, Plugin
from .guard import FAILURES
from .loading import HOOKS, START
from .manager import LONG, QUICK


def plugins_page() -> str:
    """The page as Markdown."""
    return _PAGE.format(
        version=API_VERSION,
        start=f"{START:g}",
        quick=f"{QUICK:g}",
        long=f"{LONG:g}",
        failures=FAILURES,
        hooks="\n".join(_hook(name) for name in HOOKS),
        parts="\n".join(_part(name) for name in sorted(api.__all__)),
        facts="\n".join(f"| `{name}` | {words} |" for name, words in _FACTS.items()),
    )


def _hook(name: str) -> str:
    function = getattr(Hooks, name)
    parameters = [parameter for parameter in inspect.signature(function).parameters if parameter != "self"]
    return f"| `{name}({', '.join(parameters)})` | {_sentence(function)} |"


def _part(name: str) -> str:
    part = getattr(api, name)
    words = _sentence(part) if callable(part) else _OTHERS[name]
    return f"| `{name}` | {words} |"


def _sentence(part: object) -> str:
    words = " ".join((inspect.getdoc(part) or "").split("\n\n")[0].split())
    return words.replace("|", "\\|")


_OTHERS = {
    "API_VERSION": "The version of this interface.",
    "hookimpl": "The mark on a method that is a hook.",
    "log": "The log. It keeps only the keys that name nobody.",
}

_FACTS = {
    "api": "the `API_VERSION` that it was written for",
    "Settings": "the model of its table in the settings; without one it takes none",
    "CampaignSettings": "the model of its table in a campaign's `campaign.toml`; without one no campaign may have it",
    "personal_data": "which personal data it sees, in a few words",
}
assert set(_FACTS) <= set(Plugin.__annotations__), "the page names what a plugin has"

_PAGE = """\
# Plugins

<!-- Made by `clarion docs` from the hooks themselves; change `platform/clarion/hookspecs.py`. -->

For those who switch plugins on, and for those who write them. A plugin is a distribution of its own; `plugins/` holds
those that come with Clarion, each in a folder with its README.

## Switching one on

A table in the settings, named like the plugin, switches it on and configures it:

    [plugins.email]
    url = "smtp://petitions@mail.example:587"
    password = {{ env = "SMTP_PASSWORD" }}

`clarion plugins` lists what is installed: what each brings, which settings it takes, and which personal data it sees. A
campaign may carry a table of the same name in its `campaign.toml`, where the plugin has settings for campaigns;
`clarion check` checks it.

Whatever is wrong with a plugin that is named stops the start with one line: it is not installed, two have its name, a
setting is unknown, a hook is misspelt, it was written for another version of the interface, it cannot be loaded.

Take the folder of a plugin away, with its table, and nothing of it is left. A table without its plugin stops the start,
so that nobody finds out by mails that were never sent.

## What a plugin cannot do

- **Spoil a signature.** No hook is asked while somebody signs. What leaves is a message in the outbox, written with the
  signature and sent afterwards, so a plugin that is broken delays its own messages and nothing else.
- **Answer for others.** Its routes lie below `/hooks/<name>/`. One that would change how other requests are answered is
  refused at the start.
- **Keep everybody waiting.** A hook that raises, gives something else than it should, or takes too long is left out
  this time, written into the log as `plugin failed`, and counted in `clarion_plugin_failures_total`. After {failures}
  failures in a row that hook of that plugin is not asked any more by this process: `plugin switched off`.

Python cannot shut a plugin in. One that is meant to do harm can do it: install what you trust.

## Writing one

    clarion plugins new door-knocks
    pip install -e plugins/door_knocks
    pytest plugins/door_knocks

That makes a plugin which works, with a test. Its class derives from `clarion.api.Plugin` and says:

| | |
|---|---|
{facts}

`self.settings` holds the checked settings, `self.place` the instance's folder and address. An object is made for each
application, so it may keep what it likes; it is asked from several threads at once.

An entry point of the group `clarion` gives the plugin its name:

    [project.entry-points.clarion]
    door_knocks = "clarion_door_knocks:DoorKnocks"

Import from `clarion.api` and nothing else of Clarion: all else may change with any release.

## The hooks

Each is a method marked with `@hookimpl`. Leave out what you do not need, parameters too.

| hook | what it does |
|---|---|
{hooks}

What is asked at the start may take {start} seconds, what somebody waits for {quick}, and work in a worker {long}.

## What `clarion.api` holds

Version {version}.

| name | what it is |
|---|---|
{parts}

A channel is one method, `send`. It returns the other side's code, or raises `Retry` (surely not taken, try later),
`Refused` (never will be), `Unreachable` (the whole lane had better wait), `Blocked` (we are refused, and not this
message: the lane stops for long, and the message stays due) or `Unsure` (nobody can tell). Give codes that name nobody:
they are logged. A send that does not come back within a minute is taken for dead: its message goes to another thread as
if the worker had died. A chore runs inside the application, so it may call `report_feedback`.

## Testing one

Clarion's own fixtures are there for plugins too (`-p clarion.testing`):
`make_instance(plugins={{"door_knocks": {{}}}})` gives an instance with the plugin on, `make_folder()` a
campaign folder, `instance.sign(…)`, `instance.work()` and `instance.mails()` do what people and the worker do.
"""
