"""The routes that plugins bring: below `/hooks/<name>/` or where they were declared, each with its access.

Those for the console are below `/staff/<name>/`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from typing import Any

from flask import Blueprint, Flask
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, MapAdapter, RequestRedirect, Rule

from ..campaigns.table import RESERVED
from ..security import access_of
from ..settings import SettingsError
from .loading import asked

KEPT_FREE = ("hooks", "staff", "static")
"""What an address elsewhere may not begin with: there the routes of others are or will be."""

_WHOLE_APP: Sequence[Callable[[Flask], object]] = (
    lambda app: list(app.before_request_funcs.get(None, ())),
    lambda app: list(app.after_request_funcs.get(None, ())),
    lambda app: list(app.teardown_request_funcs.get(None, ())),
    lambda app: list(app.teardown_appcontext_funcs),
    lambda app: list(app.template_context_processors.get(None, ())),
    lambda app: list(app.url_value_preprocessors.get(None, ())),
    lambda app: {code: dict(found) for code, found in app.error_handler_spec.get(None, {}).items() if found},
    lambda app: {name: view for name, view in app.view_functions.items() if not name.startswith("hooks_")},
    lambda app: (dict(app.jinja_env.globals), dict(app.jinja_env.filters), dict(app.jinja_env.tests)),
    lambda app: app.jinja_env.loader,
    lambda app: {name: id(extension) for name, extension in app.extensions.items()},
    lambda app: dict(app.config),
    lambda app: app.wsgi_app,
)
"""What decides how the requests of the whole application are answered."""


class _Placed(BlueprintSetupState):
    """Serves the declared rules as they stand, and the others below the plugin's own place."""

    elsewhere: Collection[str] = ()

    def add_url_rule(
        self, rule: str, endpoint: str | None = None, view_func: Callable[..., Any] | None = None, **options: Any
    ) -> None:
        """Add one."""
        own = f"{self.blueprint.url_prefix or ''}{rule}"
        prefix = self.url_prefix
        if own in self.elsewhere:
            self.url_prefix, rule = None, own
        try:
            super().add_url_rule(rule, endpoint, view_func, **options)
        finally:
            self.url_prefix = prefix


def register(
    app: Flask, plugin: str, blueprint: Blueprint, elsewhere: Collection[str] = (), below: str = "hooks"
) -> list[str]:
    """Serve a plugin's blueprint; the rules that came with it. Raises `SettingsError`."""
    rules, whole = list(app.url_map.iter_rules()), [look(app) for look in _WHOLE_APP]
    place = f"/{below}/{plugin}{blueprint.url_prefix or ''}"
    own = f"hooks_{plugin}_{blueprint.name}"

    def placed(app: Flask, options: dict[str, Any], first: bool = False) -> BlueprintSetupState:
        state = _Placed(blueprint, app, options, first)
        state.elsewhere = elsewhere
        return state

    blueprint.make_setup_state = placed  # type: ignore[assignment, method-assign]  # the app is always a Flask
    asked(plugin, "its routes cannot be served", lambda: app.register_blueprint(blueprint, name=own, url_prefix=place))
    new = [rule for rule in app.url_map.iter_rules() if not any(rule is known for known in rules)]
    for rule in new:
        if rule.rule in elsewhere:
            _check_free(app, plugin, rule, rules)
        elif not rule.rule.startswith(f"/{below}/{plugin}/"):
            raise SettingsError(f"plugins.{plugin}: the route {rule.rule} is not below /{below}/{plugin}/.")
        if access_of(app, rule.endpoint) is None:
            raise SettingsError(f"plugins.{plugin}: the route {rule.rule} does not declare its access.")
    if [look(app) for look in _WHOLE_APP] != whole:
        raise SettingsError(f"plugins.{plugin}: its routes would change how other requests are answered.")
    return [rule.rule for rule in new]


def check_declared(plugin: str, elsewhere: Iterable[str], brought: Collection[str]) -> None:
    """Refuse a declared rule that no route has: one of the two is misspelt. Raises `SettingsError`."""
    for rule in elsewhere:
        if rule not in brought:
            raise SettingsError(f"plugins.{plugin}: routes_elsewhere names {rule}, and no route of it has this rule.")


def _check_free(app: Flask, plugin: str, new: Rule, others: Sequence[Rule]) -> None:
    """Refuse a rule elsewhere that would answer in another's place, or never."""
    first = new.rule.split("/")[1]
    if first in KEPT_FREE:
        raise SettingsError(f"plugins.{plugin}: the route {new.rule} cannot be elsewhere: /{first}/ is kept free.")
    for other in others:
        no_campaign_has_it = first in RESERVED and other.rule.startswith("/<slug:slug>")
        if not no_campaign_has_it and (
            _answers(app, other, _sample(new.rule)) or _answers(app, new, _sample(other.rule))
        ):
            raise SettingsError(f"plugins.{plugin}: the route {new.rule} would collide with {other.rule}.")


_PART = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>")
_SAMPLES = {"int": "1", "float": "1.5", "path": "sample/sample", "uuid": "00000000-0000-0000-0000-000000000000"}


def _sample(rule: str) -> str:
    """An address that a rule answers."""
    return _PART.sub(lambda part: _SAMPLES.get(part[1], "sample"), rule)


_alone: dict[tuple[Hashable, ...], MapAdapter] = {}
"""Rules by themselves, each made once: every rule is held against every other, and making one costs most of that."""


def _answers(app: Flask, rule: Rule, address: str) -> bool:
    converters, methods = app.url_map.converters, frozenset(rule.methods or {"GET"})
    key = (rule.rule, methods, rule.strict_slashes, rule.merge_slashes, tuple(converters.items()))
    if key not in _alone:
        _alone[key] = Map([rule.empty()], converters=converters).bind("localhost")
    try:
        _alone[key].match(address, method=min(methods))
    except NotFound:
        return False
    except (MethodNotAllowed, RequestRedirect):
        return True
    return True
