"""Who is to be told of, what is known of keys, and the calls that they may make."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "actionnetwork_signer",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("group_name", sa.String(length=60), nullable=False),
        sa.Column("signature", BIG_ID, nullable=False),
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.Column("mark", sa.String(length=40), nullable=False),
        sa.Column("person", sa.String(length=60), nullable=False),
        sa.Column("email", sa.String(length=8), nullable=False),
        sa.Column("sms", sa.String(length=8), nullable=False),
        sa.Column("email_ended", sa.Boolean(), nullable=False),
        sa.Column("sms_ended", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("surely", sa.Boolean(), nullable=False),
        sa.Column("trying", sa.Boolean(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("lease_until", sa.DateTime(), nullable=True),
        sa.Column("told_at", sa.DateTime(), nullable=True),
        sa.Column("missing_since", sa.DateTime(), nullable=True),
        sa.Column("last_code", sa.String(length=40), nullable=False),
        sa.Column("waits_since", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actionnetwork_signer")),
        sa.UniqueConstraint("group_name", "signature", name=op.f("uq_actionnetwork_signer_group_name_signature")),
        sa.UniqueConstraint("mark", name=op.f("uq_actionnetwork_signer_mark")),
        sqlite_autoincrement=True,
    )
    next_ones = ["group_name", "state", "rank", "due_at"]
    op.create_index("ix_actionnetwork_signer_next", "actionnetwork_signer", next_ones)
    op.create_table(
        "actionnetwork_key",
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("pause_until", sa.DateTime(), nullable=True),
        sa.Column("checked_at", sa.DateTime(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(), nullable=True),
        sa.Column("last_code", sa.String(length=40), nullable=False),
        sa.Column("last_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_actionnetwork_key")),
    )
    op.create_table(
        "actionnetwork_slot",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("free_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", "number", name=op.f("pk_actionnetwork_slot")),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("actionnetwork_slot")
    op.drop_table("actionnetwork_key")
    op.drop_table("actionnetwork_signer")
