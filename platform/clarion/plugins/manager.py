"""The plugins of one application: switched on by the settings, asked at the start or, later, through guards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, TypeVar

import click
import pluggy
from flask import Flask, current_app
from pydantic import ValidationError

from ..campaigns.loader import Loaded
from ..campaigns.positions import line_of
from ..campaigns.table import FILE
from ..delivery.channels import Channel
from ..domain.campaign import Campaign
from ..domain.faults import Fault, did_you_mean
from ..hookspecs import Chore, Figure, Hooks, Panel, Place, Plugin, PluginSettings
from ..settings import Settings, SettingsError
from ..signatures.models import BY_TEXT
from . import furnishing, given, routes
from .blackbox import BlackBox
from .guard import Guard, guarded
from .homemail import HomeMail
from .loading import GROUP, HOOKS, asked, installed, load, told
from .origins import Knower, Origins
from .passing_on import pass_on
from .slots import Filler, Slots, shown

Wanted = TypeVar("Wanted")

QUICK = 2.0
"""Seconds for what somebody waits for."""

LONG = 60.0
"""Seconds for work in a worker."""


@dataclass(frozen=True, slots=True)
class On:
    """One plugin that is on."""

    name: str
    plugin: Plugin
    hooks: tuple[str, ...]


NO_MAILS = (
    "plugins: no plugin sends mails, and in production they must leave. Name your mail server in the settings, as "
    'config/production.toml does: [plugins.email] with url = "smtp://user@host:587", password and sender.'
)

NO_TEXTS = "Nobody could sign without an email address: no plugin here sends texts, so no code would reach a phone."
TEXTS_HINT = 'Switch one on in the settings, such as [plugins.sms], or take email = "optional" out.'

LONGEST_CHORE = 40
"""Letters of a plugin's and its chore's name, as their row has room for."""


class Plugins:
    """The plugins that are on in one application."""

    def __init__(self, settings: Settings, known: Mapping[str, Sequence[EntryPoint]] | None = None) -> None:
        """Load what the settings name. Raises `SettingsError`."""
        self._manager = pluggy.PluginManager(GROUP)
        self._manager.add_hookspecs(Hooks)
        self._place = Place(settings.home, settings.site.base_url, settings.site.production, settings.site.hosts)
        self._guards: dict[tuple[str, str], Guard] = {}
        self._box = BlackBox(settings.home / "var" / "run" / "hooks")
        self.routes: dict[str, list[str]] = {}
        """The rules that each plugin brought."""
        self.histories: dict[str, Path] = {}
        """The folders with the steps of plugins' tables."""
        self._app: Flask | None = None
        found = (installed() if settings.plugins else {}) if known is None else known
        self.on = tuple(
            self._register(name, load(name, table, found, self._place)) for name, table in settings.plugins.items()
        )
        self._named = {on.name: on.plugin for on in self.on}

    def _register(self, name: str, plugin: Plugin) -> On:
        try:
            self._manager.register(plugin, name)
        except pluggy.PluginValidationError as error:
            raise SettingsError(f"plugins.{name}: {' '.join(str(error).split())}") from error
        return On(name, plugin, tuple(hook for hook in HOOKS if hasattr(plugin, hook)))

    def _with(self, hook: str) -> Iterator[tuple[str, Callable[..., Any], tuple[str, ...]]]:
        """Each plugin that has a hook: its name, the hook, and the parameters that it wants."""
        for on in self.on:
            for implementation in getattr(self._manager.hook, hook).get_hookimpls():
                if implementation.plugin is on.plugin:
                    yield on.name, implementation.function, implementation.argnames

    def _at_start(self, hook: str, as_wanted: Callable[[Any], Wanted]) -> Iterator[tuple[str, Wanted]]:
        """What each plugin gives at the start. Raises `SettingsError`."""
        for name, function, _ in self._with(hook):
            yield name, asked(name, f"its {hook} cannot be had", partial(_give, function, as_wanted))

    def _guard(self, name: str, hook: str, limit: float) -> Guard:
        guard = self._guards.get((name, hook))
        if guard is None:
            guard = self._guards.setdefault((name, hook), Guard(name, hook, limit, box=self._box))
        return guard

    def channels(self) -> dict[str, Channel]:
        """All ways for messages to leave, by name. Raises `SettingsError`."""
        found: dict[str, Channel] = {}
        owners: dict[str, str] = {}
        for name, brought in self._at_start("channels", given.channels):
            for channel, sending in brought.items():
                if channel in owners:
                    both = f"{owners[channel]} and {name}"
                    raise SettingsError(f'plugins.{name}: two plugins bring the channel "{channel}": {both}.')
                found[channel], owners[channel] = guarded(sending), name
        if "email" not in found:
            found |= self._mails_at_home()
        return found

    def _mails_at_home(self) -> Mapping[str, Channel]:
        """Mails as files, where no plugin sends them. Raises `SettingsError` in production: nobody would read them."""
        if self._place.production:
            raise SettingsError(NO_MAILS)
        return HomeMail(PluginSettings(), self._place).channels()

    def furnish(self, app: Flask) -> None:
        """Bring what pages show: templates and words found by folder name, and slots. Raises `SettingsError`."""
        self._app = app
        self.histories = dict(self._at_start("migrations", given.folder))
        for name in self.histories:
            furnishing.check_prefix(name)
        furnishing.furnish(app, self._named)
        fillers = [
            Filler(name, self._named[name], function, wanted, self._guard(name, "page_slot", QUICK))
            for name, function, wanted in self._with("page_slot")
        ]
        app.extensions["clarion.slots"] = Slots(app, fillers)
        app.extensions["clarion.origins"] = Origins(
            [
                Knower(function, wanted, self._guard(name, "partner_origins", QUICK))
                for name, function, wanted in self._with("partner_origins")
            ]
        )

    def register_blueprints(self, app: Flask) -> None:
        """Serve each plugin's routes below `/hooks/<name>/` or where it declared them. Raises `SettingsError`."""
        for name, blueprints in self._at_start("blueprints", given.blueprints):
            elsewhere = self._named[name].routes_elsewhere
            found = [rule for blueprint in blueprints for rule in routes.register(app, name, blueprint, elsewhere)]
            self.routes[name] = found
            routes.check_declared(name, elsewhere, found)

    def register_staff_blueprints(self, app: Flask) -> None:
        """Serve each plugin's routes for the console, below `/staff/<name>/`. Raises `SettingsError`."""
        for name, blueprints in self._at_start("staff_blueprints", given.blueprints):
            self.routes[name] = [
                rule for blueprint in blueprints for rule in routes.register(app, name, blueprint, below="staff")
            ]

    def panels(self, app: Flask) -> list[Panel]:
        """What plugins show to staff, each behind its guard, under `<plugin>.<id>`. Raises `SettingsError`."""
        found: list[Panel] = []
        for name, panels in self._at_start("staff_panels", given.panels):
            for panel in panels:
                guard = self._guard(name, f"panel {panel.id}", QUICK)
                found.append(Panel(f"{name}.{panel.id}", panel.title, partial(shown, app, guard, panel.render)))
        return found

    def commands(self) -> tuple[dict[str, click.Command], list[str]]:
        """The plugins' commands, by name, and a line for each plugin whose commands cannot be had or called."""
        found: dict[str, click.Command] = {}
        faults: list[str] = []
        for name, function, _ in self._with("commands"):
            try:
                brought = asked(name, "its commands cannot be had", partial(_give, function, given.commands))
            except SettingsError as error:
                faults.append(str(error))
                continue
            for command in brought:
                if found.setdefault(str(command.name), command) is not command:
                    faults.append(f'plugins.{name}: another plugin has the command "{command.name}" too.')
        return found, faults

    def chores(self) -> list[Chore]:
        """The plugins' chores, each behind its guard. Raises `SettingsError`."""
        found: list[Chore] = []
        for name, chores in self._at_start("chores", given.chores):
            for chore in chores:
                guard = self._guard(name, f"chore {chore.name}", LONG)
                run = partial(guard.ask, self._inside(chore.run), given.done, None)
                known_as = f"{name}: {chore.name}"
                if len(known_as) > LONGEST_CHORE:
                    raise SettingsError(
                        f'plugins.{name}: the chore "{chore.name}" needs a name of {LONGEST_CHORE - len(name) - 2} '
                        "letters at most."
                    )
                found.append(Chore(known_as, max(chore.every, 1.0), run))
        return found

    def listeners(self) -> tuple[str, ...]:
        """The plugins that want to know what happened."""
        return tuple(name for name, _, _ in self._with("events"))

    def pass_on(self, name: str) -> bool:
        """Tell one plugin the next page of what happened; whether there was one. Needs an app context."""
        function, wanted = next((hook, wanted) for on, hook, wanted in self._with("events") if on == name)
        ask = self._inside(function if wanted else lambda _: function())
        return pass_on(name, ask, self._guard(name, "events", LONG))

    def _inside(self, function: Callable[..., Wanted]) -> Callable[..., Wanted]:
        """A hook that finds the application and its database, in whatever thread it runs."""

        def call(*arguments: Any) -> Wanted:
            if self._app is None:
                return function(*arguments)
            with self._app.app_context():
                return function(*arguments)

        return call

    def figures(self) -> list[Figure]:
        """The plugins' figures, each under the plugin's name."""
        found: list[Figure] = []
        for name, function, _ in self._with("figures"):
            nothing: list[Figure] = []
            brought = self._guard(name, "figures", QUICK).ask(self._inside(function), given.figures, nothing)
            found += [Figure(f"{name}_{one.name}", one.meaning, one.value) for one in brought]
        return found

    def failures(self) -> dict[tuple[str, str], int]:
        """How often each hook of each plugin failed in this process."""
        return {place: guard.failed for place, guard in self._guards.items()}

    def switched_off(self) -> dict[tuple[str, str], bool]:
        """Whether each hook of each plugin is switched off for a while in this process."""
        return {place: guard.off for place, guard in self._guards.items()}

    def site_warnings(self, campaigns: Sequence[Campaign]) -> list[str]:
        """What is wrong with plugins' commands, and what they find odd now that all campaigns are known."""
        _, found = self.commands()
        for name, function, wanted in self._with("site_warnings"):
            ask = self._inside(partial(function, *([campaigns] if wanted else [])))
            nothing: list[str] = []
            sentences = self._guard(name, "site_warnings", QUICK).ask(ask, given.sentences, nothing)
            found += [f"plugins.{name}: {sentence}" for sentence in sentences]
        return found

    def check(self, loaded: Loaded) -> None:
        """Add to a folder's faults what is wrong with its `[plugins.<name>]` tables, and what plugins find."""
        if loaded.campaign is None:
            return
        if loaded.campaign.need("email") == "optional" and BY_TEXT not in current_app.extensions["clarion.channels"]:
            place = ("fields", "email")
            loaded.faults.append(Fault(FILE, NO_TEXTS, TEXTS_HINT, line_of(loaded.lines, place), ".".join(place)))
        tables = self._campaign_tables(loaded)
        for name, function, wanted in self._with("check_campaign"):
            all_there = {"campaign": loaded.campaign, "settings": tables.get(name)}
            ask = partial(function, *(all_there[parameter] for parameter in wanted))
            nothing: list[str] = []
            for sentence in self._guard(name, "check_campaign", QUICK).ask(ask, given.sentences, nothing):
                loaded.faults.append(_fault(loaded, sentence, "", name))
        if loaded.errors:
            loaded.campaign = None

    def _campaign_tables(self, loaded: Loaded) -> dict[str, PluginSettings]:
        """The tables that are right; the faults of the others are added."""
        found: dict[str, PluginSettings] = {}
        tables = loaded.campaign.plugins if loaded.campaign else {}
        for name, table in tables.items():
            model = self._named[name].CampaignSettings if name in self._named else None
            if name not in self._named:
                hint = did_you_mean(name, self._named) if self._named else "None is switched on."
                loaded.faults.append(_fault(loaded, f'The plugin "{name}" is not switched on here.', hint, name))
            elif model is None:
                words = f'The plugin "{name}" takes no settings of a campaign.'
                loaded.faults.append(_fault(loaded, words, "Take the table out.", name))
            else:
                try:
                    found[name] = model.model_validate(table)
                except ValidationError as error:
                    for path, message, hint in told(model, error):
                        loaded.faults.append(_fault(loaded, message[:1].upper() + message[1:], hint, name, *path))
        return found


def _give(function: Callable[..., Any], as_wanted: Callable[[Any], Wanted]) -> Wanted:
    return as_wanted(function())


def _fault(loaded: Loaded, message: str, hint: str, *path: str) -> Fault:
    place = ("plugins", *path)
    return Fault(FILE, message, hint, line_of(loaded.lines, place), ".".join(place))
