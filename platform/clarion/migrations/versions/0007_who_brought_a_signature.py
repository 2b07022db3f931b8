"""A signature and a step of a count know who brought them: share links, frames' sites, tags of addresses.

The previous release works on it still. New columns have a default that the database fills in. What it folds is in no
row of `count_arrival`, and so stays with the organisation from whose place it came.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add who brought it; what is there already was brought by its own place."""
    for table in ("signature", "count_delta"):
        op.add_column(table, sa.Column("brought_by", sa.String(length=60), server_default="", nullable=False))
        op.add_column(table, sa.Column("origin", sa.String(length=130), server_default="", nullable=False))
    op.create_table(
        "count_arrival",
        sa.Column("campaign_id", BIG_ID, nullable=False),
        sa.Column("organisation", sa.String(length=60), nullable=False),
        sa.Column("brought_by", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("origin", sa.String(length=130), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_count_arrival_campaign_id")),
        sa.PrimaryKeyConstraint(
            "campaign_id", "organisation", "brought_by", "source", "origin", name=op.f("pk_count_arrival")
        ),
    )


def downgrade() -> None:
    """Forget it; counts stay as they are, as `count_total` holds them whole."""
    op.drop_table("count_arrival")
    for table in ("count_delta", "signature"):
        op.drop_column(table, "origin")
        op.drop_column(table, "brought_by")
