"""Messages are taken by the page in lanes; chores are done once in a cluster.

Every new column has a default that the database fills in, so the previous release works on it still.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add priorities, the mark of a begun attempt, when a campaign closed, and the table of chores."""
    op.add_column("message", sa.Column("priority", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("message", sa.Column("trying", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.drop_index("ix_message_due", table_name="message")
    op.create_index("ix_message_next", "message", ["state", "channel", "priority", "due_at"])
    op.create_index("ix_message_lease_token", "message", ["lease_token"])
    op.add_column("campaign", sa.Column("closed_at", sa.DateTime(), nullable=True))
    op.add_column("campaign", sa.Column("erased_count", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "chore",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chore")),
    )


def downgrade() -> None:
    """Back to messages that are taken one by one."""
    op.drop_table("chore")
    op.drop_column("campaign", "erased_count")
    op.drop_column("campaign", "closed_at")
    op.drop_index("ix_message_lease_token", table_name="message")
    op.drop_index("ix_message_next", table_name="message")
    op.create_index("ix_message_due", "message", ["state", "due_at"])
    op.drop_column("message", "trying")
    op.drop_column("message", "priority")
