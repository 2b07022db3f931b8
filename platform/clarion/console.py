"""The WSGI entry of the staff console: a process of its own, which holds the private keys.

So far it answers probes and metrics, and to organisations' keys their own signers; the staff's pages are not built
yet, and nobody can log in. What plugins will show there is gathered and checked at the start already, so that a fault
is not found out on the day that they are; their addresses there tell how to go on without.
"""

from __future__ import annotations

import signal

from flask import Flask

from . import assets, errors, extensions, i18n, metrics, monitoring, security
from .campaigns.live import init_live
from .campaigns.slugs import SlugConverter
from .osdi import routes as osdi
from .pages.views import context
from .patience import PAGES
from .plugins.manager import Plugins
from .rest.routes import init_records
from .sealing import Keyring
from .settings import Settings, load_settings
from .supervisor import die_with_parent


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
    assets.init_assets(app)
    app.context_processor(context)
    metrics.init_metrics(app)
    init_records(app, settings)
    osdi.init_records(app)
    plugins = app.extensions["clarion.plugins"] = Plugins(settings)
    plugins.furnish(app)
    plugins.register_staff_blueprints(app)
    app.extensions["clarion.panels"] = plugins.panels(app)
    return app


def load() -> Flask:
    """The console of a server process."""
    die_with_parent(signal.SIGKILL)
    return create_console(load_settings())
