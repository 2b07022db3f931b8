"""Texts that came in and the talks they belong to, our own, and what is known of gateways and caps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "sms_received",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("gateway", sa.String(length=20), nullable=False),
        sa.Column("event_key", sa.String(length=120), nullable=False),
        sa.Column("campaign_id", BIG_ID, nullable=True),
        sa.Column("phone_index", sa.LargeBinary(length=16), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("signature_id", BIG_ID, nullable=True),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_received")),
        sa.UniqueConstraint("gateway", "event_key", name=op.f("uq_sms_received_gateway_event_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sms_received_next", "sms_received", ["state", "id"])
    op.create_index(op.f("ix_sms_received_signature_id"), "sms_received", ["signature_id"])
    op.create_index("ix_sms_received_phone", "sms_received", ["phone_index", "state"])
    op.create_table(
        "sms_conversation",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("campaign_id", BIG_ID, nullable=False),
        sa.Column("phone_index", sa.LargeBinary(length=16), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("claimed", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("signature_id", BIG_ID, nullable=True),
        sa.Column("thanked", sa.Boolean(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("spoken_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_conversation")),
        sa.UniqueConstraint("campaign_id", "phone_index", name=op.f("uq_sms_conversation_campaign_id_phone_index")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sms_conversation_phone", "sms_conversation", ["phone_index", "spoken_at"])
    op.create_table(
        "sms_text",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("campaign_id", BIG_ID, nullable=False),
        sa.Column("phone_index", sa.LargeBinary(length=16), nullable=False),
        sa.Column("phrase", sa.String(length=20), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_text")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sms_text_phone", "sms_text", ["phone_index", "made_at"])
    op.create_table(
        "sms_gateway",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("wait_until", sa.DateTime(), nullable=True),
        sa.Column("away_until", sa.DateTime(), nullable=True),
        sa.Column("next_at", sa.DateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(), nullable=True),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("unsure", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sms_gateway")),
    )
    op.create_table(
        "sms_tally",
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.Column("micros", BIG_ID, nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_sms_tally")),
    )
    op.create_table(
        "sms_told",
        sa.Column("message_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("told_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_sms_told")),
    )


def downgrade() -> None:
    """Forget all of it; who signed stays signed, and who stopped stays stopped."""
    for table in ("sms_told", "sms_tally", "sms_gateway", "sms_text", "sms_conversation", "sms_received"):
        op.drop_table(table)
