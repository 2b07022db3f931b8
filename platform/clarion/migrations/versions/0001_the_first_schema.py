"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Campaigns with their editions, signatures with what belongs to them, counts, and the outbox."""
    op.create_table(
        "campaign",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("live_edition_id", BIG_ID, nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("erased_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("slug", name=op.f("uq_campaign_slug")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "media",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("mime", sa.String(length=40), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_media")),
    )
    op.create_table(
        "count_delta",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("campaign_id", BIG_ID, nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("area", sa.String(length=12), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_count_delta_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_delta")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_count_delta_campaign_id"), "count_delta", ["campaign_id"], unique=False)

    op.create_table(
        "count_total",
        sa.Column("campaign_id", BIG_ID, nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("area", sa.String(length=12), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_count_total_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", "language", "source", "area", name=op.f("pk_count_total")),
    )
    op.create_table(
        "edition",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("campaign_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_edition_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
        sa.UniqueConstraint("campaign_id", "digest", name=op.f("uq_edition_campaign_id_digest")),
        sa.UniqueConstraint("campaign_id", "number", name=op.f("uq_edition_campaign_id_number")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "signature",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("campaign_id", BIG_ID, nullable=False),
        sa.Column("email_index", sa.LargeBinary(length=16), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("area", sa.String(length=12), nullable=False),
        sa.Column("edition_id", BIG_ID, nullable=False),
        sa.Column("show_name", sa.Boolean(), nullable=False),
        sa.Column("reason_due", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("confirm_look_up", sa.LargeBinary(length=16), nullable=False),
        sa.Column("me_look_up", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code_mark", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code_tries", sa.Integer(), nullable=False),
        sa.Column("signed_at", sa.DateTime(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_signature_campaign_id")),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_signature_edition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
        sa.UniqueConstraint("campaign_id", "email_index", name=op.f("uq_signature_campaign_id_email_index")),
        sa.UniqueConstraint("confirm_look_up", name=op.f("uq_signature_confirm_look_up")),
        sa.UniqueConstraint("me_look_up", name=op.f("uq_signature_me_look_up")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_signature_reason_due",
        "signature",
        ["id"],
        unique=False,
        postgresql_where=sa.text("reason_due"),
        sqlite_where=sa.text("reason_due"),
    )

    op.create_table(
        "consent",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("signature_id", BIG_ID, nullable=False),
        sa.Column("organisation", sa.String(length=60), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("edition_id", BIG_ID, nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("given_at", sa.DateTime(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_consent_edition_id")),
        sa.ForeignKeyConstraint(
            ["signature_id"], ["signature.id"], name=op.f("fk_consent_signature_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.UniqueConstraint(
            "signature_id",
            "organisation",
            "channel",
            name=op.f("uq_consent_signature_id_organisation_channel"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "message",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("campaign_id", BIG_ID, nullable=False),
        sa.Column("signature_id", BIG_ID, nullable=False),
        sa.Column("dedupe_key", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("lease_until", sa.DateTime(), nullable=True),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("last_code", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_message_campaign_id")),
        sa.ForeignKeyConstraint(
            ["signature_id"], ["signature.id"], name=op.f("fk_message_signature_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_message_dedupe_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_message_due", "message", ["state", "due_at"], unique=False)
    op.create_index(op.f("ix_message_signature_id"), "message", ["signature_id"], unique=False)

    op.create_table(
        "reason",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("campaign_id", BIG_ID, nullable=False),
        sa.Column("signature_id", BIG_ID, nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_reason_campaign_id")),
        sa.ForeignKeyConstraint(
            ["signature_id"], ["signature.id"], name=op.f("fk_reason_signature_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reason")),
        sa.UniqueConstraint("signature_id", name=op.f("uq_reason_signature_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reason_shown", "reason", ["campaign_id", "state", "id"], unique=False)


def downgrade() -> None:
    """Back to an empty database."""
    for table in (
        "reason",
        "message",
        "consent",
        "signature",
        "edition",
        "count_total",
        "count_delta",
        "media",
        "campaign",
    ):
        op.drop_table(table)
