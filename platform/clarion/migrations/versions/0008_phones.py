"""Signatures that a phone confirms: by which channel each is reached, the phones they name, and updates as texts.

The previous release works on it still. New columns have a default that the database fills in. To a signature without an
address it would write a mail that finds no recipient and stays visible as failed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make room for phones."""
    op.add_column("signature", sa.Column("reached_by", sa.String(length=20), server_default="email", nullable=False))
    op.add_column("consent", sa.Column("place", sa.String(length=80), server_default="", nullable=False))
    op.add_column("campaign_update", sa.Column("channel", sa.String(length=20), server_default="email", nullable=False))
    op.create_table(
        "signature_phone",
        sa.Column("signature_id", BIG_ID, nullable=False),
        sa.Column("campaign_id", BIG_ID, nullable=False),
        sa.Column("phone_index", sa.LargeBinary(length=16), nullable=False),
        sa.Column("verified_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_signature_phone_campaign_id")),
        sa.ForeignKeyConstraint(
            ["signature_id"], ["signature.id"], name=op.f("fk_signature_phone_signature_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("signature_id", name=op.f("pk_signature_phone")),
    )
    op.create_index("ix_signature_phone_index", "signature_phone", ["campaign_id", "phone_index"])
    verified = sa.text("verified_at IS NOT NULL")
    op.create_index(
        "uq_signature_phone_verified",
        "signature_phone",
        ["campaign_id", "phone_index"],
        unique=True,
        postgresql_where=verified,
        sqlite_where=verified,
    )


def downgrade() -> None:
    """Forget the phones; who signed by one stays in the count."""
    op.drop_table("signature_phone")
    op.drop_column("campaign_update", "channel")
    op.drop_column("consent", "place")
    op.drop_column("signature", "reached_by")
