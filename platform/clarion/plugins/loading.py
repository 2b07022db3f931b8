"""From a name in the settings to a plugin, or to one line that says why the start is refused.

Better refused at the start than found out in the hour that counts.
"""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from ..domain.faults import did_you_mean
from ..hookspecs import API_VERSION, SLOTS, Hooks, Place, Plugin, PluginSettings
from ..settings import SettingsError
from .guard import within

Given = TypeVar("Given")

GROUP = "clarion"
"""The group of entry points, and the name of the marks on hooks."""

START = 10.0
"""Seconds that a plugin may take for anything it is asked at the start."""

NEAR = 0.85
"""From how much likeness on a name is taken for a hook that is misspelt."""

HOOKS = tuple(name for name in vars(Hooks) if not name.startswith("_"))


def installed() -> dict[str, list[EntryPoint]]:
    """What is installed, by name; a plugin whose folder was taken away is not."""
    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=GROUP):
        if _is_there(point.module.partition(".")[0]):
            found.setdefault(point.name, []).append(point)
    return found


def _is_there(package: str) -> bool:
    spec = importlib.util.find_spec(package)
    return spec is not None and (spec.origin is None or Path(spec.origin).exists())


def load(name: str, table: Mapping[str, Any], known: Mapping[str, Sequence[EntryPoint]], place: Place) -> Plugin:
    """The plugin of this name with the settings of its table. Raises `SettingsError`."""
    made = plugin_class(name, known)
    settings = _settings(name, made, table)
    return asked(name, "it cannot be made", lambda: made(settings, place))


def plugin_class(name: str, known: Mapping[str, Sequence[EntryPoint]]) -> type[Plugin]:
    """The class behind a name. Raises `SettingsError`."""
    points = known.get(name, ())
    if not points:
        hint = did_you_mean(name, known) if known else "None is installed."
        raise SettingsError(f"plugins.{name}: no plugin of this name is installed. {hint}")
    if len(points) > 1:
        both = " and ".join(sorted(point.dist.name if point.dist else point.module for point in points))
        raise SettingsError(f"plugins.{name}: two plugins have this name, {both}. Take one of them away.")
    found = asked(name, "it cannot be loaded", points[0].load)
    if not isinstance(found, type) or not issubclass(found, Plugin):
        raise SettingsError(f"plugins.{name}: {points[0].value} is no class made from clarion.api.Plugin.")
    version = getattr(found, "api", None)
    if version != API_VERSION:
        raise SettingsError(
            f"plugins.{name}: it was written for version {version!r} of the plugin interface, this is version "
            f"{API_VERSION}. Install a release of it that fits."
        )
    for model in ("Settings", "CampaignSettings"):
        _check_model(name, model, getattr(found, model, None))
    _check_hooks(name, found)
    _check_slots(name, found)
    return found


def _check_model(name: str, attribute: str, model: object) -> None:
    none_is_right = attribute == "CampaignSettings" and model is None
    if not none_is_right and not (isinstance(model, type) and issubclass(model, PluginSettings)):
        raise SettingsError(f"plugins.{name}: {attribute} is no class made from clarion.api.PluginSettings.")


def asked(name: str, words: str, function: Callable[[], Given]) -> Given:
    """What a plugin gives at the start; whatever goes wrong stops the start with its reason."""
    try:
        return within(START, function)
    except SettingsError:
        raise
    except BaseException as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300].rstrip(": ")
        raise SettingsError(f"plugins.{name}: {words} ({reason}).") from error


def told(model: type[PluginSettings], error: ValidationError) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """What is wrong with a plugin's table: for each fault its path, what it is, and a hint."""
    for one in error.errors():
        path = tuple(str(part) for part in one["loc"])
        if one["type"] == "extra_forbidden":
            known = _known_at(model, path[:-1])
            hint = did_you_mean(path[-1], known) if known else "This plugin takes none."
            yield path, "there is no such setting.", hint
        else:
            yield path, f"{str(one['msg']).removeprefix('Value error, ')}.", ""


def _known_at(model: type[BaseModel], path: Sequence[str]) -> list[str]:
    """The settings that a table has, however deep it stands in the plugin's own."""
    here = [model]
    for part in path:
        fields = [one.model_fields[part].annotation for one in here if part in one.model_fields]
        # what names no field of a model is a name of one's own, or a place in a list
        here = [deeper for field in fields for deeper in _models_in(field)] or here
    return [field for one in here for field in one.model_fields]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a type is made from: of `dict[str, A | B] | None`, both."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _settings(name: str, made: type[Plugin], table: Mapping[str, Any]) -> PluginSettings:
    try:
        return made.Settings.model_validate(table)
    except ValidationError as error:
        lines = [
            f"{'.'.join(('plugins', name, *path))}: {message} {hint}".rstrip()
            for path, message, hint in told(made.Settings, error)
        ]
        raise SettingsError("\n".join(lines)) from error


def _check_hooks(name: str, made: type[Plugin]) -> None:
    """Refuse a hook that is misspelt, has lost its mark or is awaited: it would be ignored without a word."""
    for attribute in dir(made):
        found = getattr(made, attribute, None)
        marked = hasattr(found, f"{GROUP}_impl")
        if marked and inspect.iscoroutinefunction(found):
            raise SettingsError(
                f'plugins.{name}: "{attribute}" is async, and nobody would await it. Write a plain def.'
            )
        near = get_close_matches(attribute, HOOKS, 1, NEAR) if attribute not in HOOKS and not marked else []
        if near and inspect.isfunction(found) and not attribute.startswith("_"):
            raise SettingsError(
                f'plugins.{name}: "{attribute}" is no hook. Did you mean "{near[0]}", marked with @hookimpl? '
                "A method of the plugin's own needs a name that looks like none."
            )
        if marked and attribute not in HOOKS:
            raise SettingsError(f'plugins.{name}: there is no hook "{attribute}". {did_you_mean(attribute, HOOKS)}')
        if attribute in HOOKS and not marked:
            raise SettingsError(f'plugins.{name}: "{attribute}" is a hook and must be marked with @hookimpl.')


def _check_slots(name: str, made: type[Plugin]) -> None:
    """Refuse a place that pages do not have, and places that nothing fills."""
    for declared in ("page_slots", "routes_elsewhere"):
        found = getattr(made, declared)
        if not isinstance(found, tuple) or not all(isinstance(one, str) for one in found):
            raise SettingsError(f'plugins.{name}: {declared} is a tuple of texts, such as ("…",).')
    for slot in made.page_slots:
        if slot not in SLOTS:
            raise SettingsError(f'plugins.{name}: no page has the slot "{slot}". {did_you_mean(slot, SLOTS)}')
    if bool(made.page_slots) != hasattr(made, "page_slot"):
        raise SettingsError(
            f"plugins.{name}: page_slots names the places that page_slot fills; it has one without the other."
        )
