"""Updates, handing over, and what is known of mailboxes; messages that belong to no signature.

The previous release works on it still. It never sees a message without a signature: those leave by a lane that it
does not know, and stay due until a worker of this release comes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NEVER_REUSED = {"sqlite_autoincrement": True}


def upgrade() -> None:
    """Make the tables; a message may tell of something else than a signature."""
    with op.batch_alter_table("message", table_kwargs=NEVER_REUSED) as message:
        message.alter_column("signature_id", existing_type=BIG_ID, nullable=True)
        message.add_column(sa.Column("about_id", BIG_ID, nullable=True))
        message.add_column(sa.Column("counted", sa.Boolean(), server_default=sa.false(), nullable=False))
    tells = sa.text("about_id IS NOT NULL")
    op.create_index(
        "ix_message_about", "message", ["kind", "about_id", "state"], postgresql_where=tells, sqlite_where=tells
    )
    _mailboxes()
    _handing_over()
    op.create_table(
        "campaign_update",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("campaign_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("organisation", sa.String(length=60), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("reached", BIG_ID, server_default="0", nullable=False),
        sa.Column("written", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_update_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_update")),
        sa.UniqueConstraint("campaign_id", "name", name=op.f("uq_campaign_update_campaign_id_name")),
        **NEVER_REUSED,
    )
    op.create_table(
        "event",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("plugin", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("campaign_id", BIG_ID, nullable=False),
        sa.Column("signature_id", BIG_ID, nullable=True),
        sa.Column("organisation", sa.String(length=60), server_default=sa.text("''"), nullable=False),
        sa.Column("channel", sa.String(length=20), server_default=sa.text("''"), nullable=False),
        sa.Column("detail", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("happened_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_event_campaign_id")),
        sa.ForeignKeyConstraint(
            ["signature_id"], ["signature.id"], name=op.f("fk_event_signature_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        **NEVER_REUSED,
    )
    op.create_index("ix_event_next", "event", ["plugin", "due_at", "id"])
    op.create_index(op.f("ix_event_signature_id"), "event", ["signature_id"])


def _mailboxes() -> None:
    op.create_table(
        "suppression",
        sa.Column("mailbox_index", sa.LargeBinary(length=16), nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox_index", name=op.f("pk_suppression")),
    )
    op.create_table(
        "mail_cap",
        sa.Column("mailbox_index", sa.LargeBinary(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox_index", name=op.f("pk_mail_cap")),
    )
    op.create_index(op.f("ix_mail_cap_day"), "mail_cap", ["day"])
    op.create_table(
        "feedback",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("event_key", sa.String(length=120), nullable=False),
        sa.Column("message_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("applied_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("source", "event_key", name=op.f("uq_feedback_source_event_key")),
        **NEVER_REUSED,
    )
    is_open = sa.text("applied_at IS NULL")
    op.create_index("ix_feedback_open", "feedback", ["id"], postgresql_where=is_open, sqlite_where=is_open)


def _handing_over() -> None:
    op.create_table(
        "addressee",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("campaign_id", BIG_ID, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("unsubscribed_at", sa.DateTime(), nullable=True),
        sa.Column("bounced_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_addressee_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addressee")),
        sa.UniqueConstraint("campaign_id", "email", name=op.f("uq_addressee_campaign_id_email")),
        **NEVER_REUSED,
    )
    op.create_table(
        "delivery",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("campaign_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("addressee_id", BIG_ID, nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("up_to", BIG_ID, server_default="0", nullable=False),
        sa.Column("content", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("digest", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_delivery_campaign_id")),
        sa.ForeignKeyConstraint(["addressee_id"], ["addressee.id"], name=op.f("fk_delivery_addressee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("campaign_id", "kind", "name", name=op.f("uq_delivery_campaign_id_kind_name")),
        **NEVER_REUSED,
    )


def downgrade() -> None:
    """Take all of it away, and the messages that belong to no signature."""
    for table in ("event", "campaign_update", "delivery", "addressee", "feedback", "mail_cap", "suppression"):
        op.drop_table(table)
    op.drop_index("ix_message_about", table_name="message")
    op.execute("DELETE FROM message WHERE signature_id IS NULL")
    with op.batch_alter_table("message", table_kwargs=NEVER_REUSED) as message:
        message.drop_column("counted")
        message.drop_column("about_id")
        message.alter_column("signature_id", existing_type=BIG_ID, nullable=False)
