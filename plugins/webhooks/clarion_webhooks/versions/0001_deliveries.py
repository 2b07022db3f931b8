"""What waits to be delivered, and what is known of endpoints."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "webhooks_delivery",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("endpoint", sa.String(length=60), nullable=False),
        sa.Column("organisation", sa.String(length=60), nullable=False),
        sa.Column("event_id", BIG_ID, nullable=False),
        sa.Column("message", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.Column("signature", BIG_ID, nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("lease_until", sa.DateTime(), nullable=True),
        sa.Column("last_code", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks_delivery")),
        sa.UniqueConstraint("endpoint", "event_id", name=op.f("uq_webhooks_delivery_endpoint_event_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_webhooks_delivery_next", "webhooks_delivery", ["state", "endpoint", "due_at"])
    op.create_table(
        "webhooks_endpoint",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("disabled_at", sa.DateTime(), nullable=True),
        sa.Column("last_code", sa.String(length=40), nullable=False),
        sa.Column("last_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_webhooks_endpoint")),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("webhooks_endpoint")
    op.drop_table("webhooks_delivery")
