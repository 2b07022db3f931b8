"""A signature, a step of a count and a total know the organisation from whose place they came.

The previous release works on it still. New columns have a default that the database fills in. The organisation
is in a table of its own and not in the key of `count_total`: that release adds a step to every row with its
language, source and area, and would count it once for each organisation. What it folds is in no organisation's
number, and so the lead's.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the organisation; what is there already came from the campaign's own page, the lead's."""
    for table in ("signature", "count_delta"):
        op.add_column(table, sa.Column("organisation", sa.String(length=60), server_default="", nullable=False))
    op.create_table(
        "count_organisation",
        sa.Column("campaign_id", BIG_ID, nullable=False),
        sa.Column("organisation", sa.String(length=60), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_count_organisation_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", "organisation", name=op.f("pk_count_organisation")),
    )


def downgrade() -> None:
    """Forget the organisation; counts stay as they are, as `count_total` holds them whole."""
    op.drop_table("count_organisation")
    for table in ("count_delta", "signature"):
        op.drop_column(table, "organisation")
