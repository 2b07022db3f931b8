"""The WSGI entry of the staff console: a process of its own, which holds the private keys.

It serves what is below `/staff/`, and to organisations' keys their own signers. `clarion serve` answers the same
addresses from its one process.
"""

from __future__ import annotations

import signal

from flask import Flask

from .. import assets, errors, extensions, i18n, limits, metrics, monitoring, security
from ..campaigns.live import init_live
from ..campaigns.slugs import SlugConverter
from ..osdi import routes as osdi
from ..pages.pulse import init_pulse
from ..pages.views import context
from ..patience import PAGES
from ..plugins.manager import Plugins
from ..rest.routes import init_records
from ..sealing import Keyring
from ..settings import Settings, load_settings
from ..supervisor import die_with_parent
from . import account, campaigns, figures, login, members, posters, texts
from .guard import init_guard
from .proofs import passkeys_work
from .words import init_words


def create_console(settings: Settings) -> Flask:
    """Put the console together."""
    app = Flask("clarion", static_folder=None)
    app.url_map.converters["slug"] = SlugConverter
    app.extensions["clarion.settings"] = settings
    app.extensions["clarion.keyring"] = Keyring(settings.keyring.folder)
    security.init_security(app, settings)
    monitoring.init_monitoring(app, settings)
    extensions.init_database(app, settings.database.url.get_secret_value(), PAGES)
    i18n.init_languages(app, settings.home / "var" / "cache" / "translations")
    errors.init_errors(app)
    init_live(app)
    init_pulse(app)
    limits.init_limits(app, settings)
    assets.init_assets(app)
    app.context_processor(context)
    metrics.init_metrics(app)
    init_records(app, settings)
    osdi.init_records(app)
    plugins = app.extensions["clarion.plugins"] = Plugins(settings)
    # with these the mails of a campaign are tried before it starts
    app.extensions["clarion.channels"] = plugins.channels()
    plugins.furnish(app)
    plugins.register_staff_blueprints(app)
    init_guard(app)
    init_words(app)
    app.jinja_env.globals["passkeys_work"] = passkeys_work
    for blueprint in (login.bp, account.bp, campaigns.bp, texts.bp, figures.bp, posters.bp, members.bp):
        app.register_blueprint(blueprint)
    app.extensions["clarion.panels"] = plugins.panels(app)
    return app


def load() -> Flask:
    """The console of a server process."""
    die_with_parent(signal.SIGKILL)
    return create_console(load_settings())
