"""The factory: it only assembles."""

from __future__ import annotations

import time

from flask import Flask

from . import assets, broker, errors, extensions, i18n, limits, metrics, monitoring, security
from .campaigns.live import init_live
from .campaigns.slugs import SlugConverter
from .delivery import mails, updatemails
from .delivery.moulds import MouldShelf
from .delivery.tasks import declare_tasks
from .osdi.routes import init_osdi
from .pages import confirmation, updates, views
from .pages.gallery import init_gallery
from .pages.pulse import init_pulse
from .patience import COMMANDS, Patience
from .plugins.manager import Plugins
from .privacy import unsubscribing
from .privacy import views as privacy
from .recipients import mails as recipients
from .rest.routes import init_api
from .sealing import Keyring
from .settings import Settings, SettingsError
from .signatures.group import init_signing
from .signatures.sharecodes import ShareCodes
from .signatures.tokens import FormTokens, References, UnsubscribeTokens


def create_app(settings: Settings, *, holds_private: bool = True, patience: Patience = COMMANDS) -> Flask:
    """Put one application together from its settings; the public pages do without private keys (rule 6)."""
    app = Flask("clarion", static_folder=None)
    app.url_map.converters["slug"] = SlugConverter
    app.extensions["clarion.settings"] = settings
    security.init_security(app, settings)
    monitoring.init_monitoring(app, settings)
    extensions.init_database(app, settings.database.url.get_secret_value(), patience, settings.worker.threads)
    i18n.init_languages(app, settings.home / "var" / "cache" / "translations")
    assets.init_assets(app)
    errors.init_errors(app)
    init_live(app)
    init_signing(app)
    init_pulse(app)
    init_gallery(app)
    _init_keys(app, settings, holds_private=holds_private)
    limits.init_limits(app, settings)
    metrics.init_metrics(app)
    app.extensions["clarion.moulds"] = MouldShelf(time.monotonic)
    plugins = app.extensions["clarion.plugins"] = Plugins(settings)
    app.extensions["clarion.channels"] = plugins.channels()
    app.extensions["clarion.composers"] = {**mails.COMPOSERS, **updatemails.COMPOSERS, **recipients.COMPOSERS}
    declare_tasks(app, broker.init_broker(app, settings))
    app.context_processor(views.context)
    for blueprint in (views.bp, confirmation.bp, updates.bp, privacy.bp, unsubscribing.bp):
        app.register_blueprint(blueprint)
    init_api(app, settings)
    init_osdi(app)
    app.extensions["clarion.listeners"] = plugins.listeners()
    plugins.furnish(app)
    plugins.register_blueprints(app)
    return app


def _init_keys(app: Flask, settings: Settings, *, holds_private: bool) -> None:
    keyring = Keyring(settings.keyring.folder, holds_private=holds_private)
    try:
        keyring.prepare()
    except OSError as error:
        raise SettingsError(f"keyring.folder: {keyring.folder} cannot be used: {error.strerror}.") from error
    app.extensions["clarion.keyring"] = keyring
    app.extensions["clarion.form_tokens"] = FormTokens(keyring, settings.signing.form_hours)
    app.extensions["clarion.share_codes"] = ShareCodes(keyring)
    app.extensions["clarion.unsubscribe_tokens"] = UnsubscribeTokens(keyring)
    app.extensions["clarion.references"] = References(keyring, settings.signing.unconfirmed_days)
