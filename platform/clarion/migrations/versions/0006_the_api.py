"""Keys of organisations for the API, its calls of the last day, and how a count grew by the hour.

The previous release works on it still: it knows none of these tables. What it folds is in no hour.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NEVER_REUSED = {"sqlite_autoincrement": True}


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "api_key",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.Column("last_used_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_key_digest")),
        **NEVER_REUSED,
    )
    op.create_table(
        "api_call",
        sa.Column("mark", sa.LargeBinary(length=32), nullable=False),
        sa.Column("content", sa.LargeBinary(length=32), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_api_call")),
    )
    op.create_index(op.f("ix_api_call_made_at"), "api_call", ["made_at"])
    op.create_table(
        "count_hour",
        sa.Column("campaign_id", BIG_ID, nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_count_hour_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", "hour", name=op.f("pk_count_hour")),
    )


def downgrade() -> None:
    """Take them away: every key ends, and counts stay as they are, as `count_total` holds them whole."""
    for table in ("count_hour", "api_call", "api_key"):
        op.drop_table(table)
