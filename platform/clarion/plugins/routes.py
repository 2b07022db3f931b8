"""The routes that plugins bring: below `/hooks/<name>/`, each with its access declared, and nothing besides."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, Flask

from ..security import access_of
from ..settings import SettingsError
from .loading import asked

_WHOLE_APP: Sequence[Callable[[Flask], object]] = (
    lambda app: list(app.before_request_funcs.get(None, ())),
    lambda app: list(app.after_request_funcs.get(None, ())),
    lambda app: list(app.teardown_request_funcs.get(None, ())),
    lambda app: list(app.teardown_appcontext_funcs),
    lambda app: list(app.template_context_processors.get(None, ())),
    lambda app: list(app.url_value_preprocessors.get(None, ())),
    lambda app: {code: dict(found) for code, found in app.error_handler_spec.get(None, {}).items() if found},
    lambda app: {name: view for name, view in app.view_functions.items() if not name.startswith("hooks_")},
    lambda app: app.wsgi_app,
)
"""What decides how the requests of the whole application are answered."""


def register(app: Flask, plugin: str, blueprint: Blueprint) -> list[str]:
    """Serve a plugin's blueprint; the rules that came with it. Raises `SettingsError`."""
    rules, whole = list(app.url_map.iter_rules()), [look(app) for look in _WHOLE_APP]
    place = f"/hooks/{plugin}{blueprint.url_prefix or ''}"
    own = f"hooks_{plugin}_{blueprint.name}"
    asked(plugin, "its routes cannot be served", lambda: app.register_blueprint(blueprint, name=own, url_prefix=place))
    new = [rule for rule in app.url_map.iter_rules() if not any(rule is known for known in rules)]
    for rule in new:
        if not rule.rule.startswith(f"/hooks/{plugin}/"):
            raise SettingsError(f"plugins.{plugin}: the route {rule.rule} is not below /hooks/{plugin}/.")
        if access_of(app, rule.endpoint) is None:
            raise SettingsError(f"plugins.{plugin}: the route {rule.rule} does not declare its access.")
    if [look(app) for look in _WHOLE_APP] != whole:
        raise SettingsError(f"plugins.{plugin}: its routes would change how other requests are answered.")
    return [rule.rule for rule in new]
