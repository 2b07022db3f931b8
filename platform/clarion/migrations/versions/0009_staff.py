"""Staff: accounts, roles, how they log in, and what is sent to them; and what they save of campaigns.

The previous release works on it still: all tables are new.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make room for staff."""
    op.create_table(
        "staff",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("admin", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("totp_sealed", sa.LargeBinary(length=200), nullable=True),
        sa.Column("totp_step", BIG_ID, server_default="0", nullable=False),
        sa.Column("passkey_handle", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("last_seen_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("email", name=op.f("uq_staff_email")),
        sa.UniqueConstraint("passkey_handle", name=op.f("uq_staff_passkey_handle")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "membership",
        sa.Column("id", BIG_ID, nullable=False),
        _of_staff(),
        sa.Column("organisation", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        _to_staff("membership"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("staff_id", "organisation", name=op.f("uq_membership_staff_id_organisation")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_membership_organisation", "membership", ["organisation"])
    op.create_table(
        "campaign_source",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("media", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=12), nullable=False),
        sa.Column("saved_by", BIG_ID, nullable=True),
        sa.Column("saved_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_source")),
        sa.UniqueConstraint("slug", "number", name=op.f("uq_campaign_source_slug_number")),
        sqlite_autoincrement=True,
    )
    _tickets()
    _sessions_and_factors()


def _of_staff(*, nullable: bool = False) -> sa.Column[int]:
    return sa.Column("staff_id", BIG_ID, nullable=nullable)


def _to_staff(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f(f"fk_{table}_staff_id"), ondelete="CASCADE")


def _tickets() -> None:
    op.create_table(
        "staff_ticket",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("nonce", sa.LargeBinary(length=16), nullable=False),
        _of_staff(nullable=True),
        sa.Column("browser", sa.LargeBinary(length=32), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("mailed", sa.Boolean(), nullable=False),
        _to_staff("staff_ticket"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_ticket")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_staff_ticket_staff_id", "staff_ticket", ["staff_id"])
    op.create_index("ix_staff_ticket_ends_at", "staff_ticket", ["ends_at"])
    op.create_table(
        "staff_invitation",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("nonce", sa.LargeBinary(length=16), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("organisation", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("invited_by", BIG_ID, nullable=True),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["staff.id"], name=op.f("fk_staff_invitation_invited_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_invitation")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_staff_invitation_organisation", "staff_invitation", ["organisation"])
    op.create_index("ix_staff_invitation_ends_at", "staff_invitation", ["ends_at"])
    op.create_table(
        "staff_letter",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=True),
        sa.Column("invitation_id", BIG_ID, nullable=True),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["staff_ticket.id"], name=op.f("fk_staff_letter_ticket_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["staff_invitation.id"], name=op.f("fk_staff_letter_invitation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_letter")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_staff_letter_due_at", "staff_letter", ["due_at"])


def _sessions_and_factors() -> None:
    op.create_table(
        "staff_session",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        _of_staff(),
        sa.Column("began_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("second_at", sa.DateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=60), nullable=False),
        _to_staff("staff_session"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_session")),
        sa.UniqueConstraint("digest", name=op.f("uq_staff_session_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_staff_session_staff_id", "staff_session", ["staff_id"])
    op.create_table(
        "staff_passkey",
        sa.Column("id", BIG_ID, nullable=False),
        _of_staff(),
        sa.Column("credential", sa.LargeBinary(length=1024), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=2048), nullable=False),
        sa.Column("sign_count", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("last_used_on", sa.Date(), nullable=True),
        _to_staff("staff_passkey"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_passkey")),
        sa.UniqueConstraint("credential", name=op.f("uq_staff_passkey_credential")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_staff_passkey_staff_id", "staff_passkey", ["staff_id"])
    op.create_table(
        "staff_recovery_code",
        sa.Column("id", BIG_ID, nullable=False),
        _of_staff(),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        _to_staff("staff_recovery_code"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_recovery_code")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_staff_recovery_code_staff_id", "staff_recovery_code", ["staff_id"])


def downgrade() -> None:
    """Forget the staff and their drafts; who works here is added anew after the next step up."""
    for table in (
        "campaign_source",
        "staff_recovery_code",
        "staff_passkey",
        "staff_session",
        "staff_letter",
        "staff_invitation",
        "staff_ticket",
        "membership",
        "staff",
    ):
        op.drop_table(table)
