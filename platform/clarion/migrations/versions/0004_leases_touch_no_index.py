"""Leases and begun attempts touch no index.

Each message is written four times: put in, leased, begun, settled. With the lease's name in an index, PostgreSQL wrote
an entry into every index of the table each time; without it, and with room on the page, a lease and an attempt are one
new version of the row. The previous release works on it still: it looks for its leases among what is due.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the index; leave room for new versions of rows, on pages that are written from now on."""
    op.drop_index("ix_message_lease_token", table_name="message")
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE message SET (fillfactor = 60)")


def downgrade() -> None:
    """Bring the index back, as 0002 made it."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE message RESET (fillfactor)")
    op.create_index("ix_message_lease_token", "message", ["lease_token"])
