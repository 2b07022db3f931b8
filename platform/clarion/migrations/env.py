"""Alembic's entry: it works on the connection that `migrations.upgrade` hands over."""

from __future__ import annotations

from alembic import context

from clarion.delivery import models as _delivery  # noqa: F401 - the models register themselves
from clarion.events import EventRow as _EventRow  # noqa: F401
from clarion.extensions import db
from clarion.outbox import models as _outbox  # noqa: F401
from clarion.signatures import models as _signatures  # noqa: F401
from clarion.staff import models as _staff  # noqa: F401
from clarion.updates import models as _updates  # noqa: F401

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=db.metadata,
    version_table=context.config.attributes.get("version_table", "alembic_version"),
    compare_type=True,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
