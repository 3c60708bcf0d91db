"""carriers, their secrets, and who else writes to a person"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "carrier",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("free_at", sa.BigInteger(), nullable=True),
        sa.Column("quiet_until", sa.BigInteger(), nullable=True),
        sa.Column("urgent_after", sa.BigInteger(), nullable=True),
        sa.Column("rest_until", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("channel"),
    )
    op.create_table(
        "channel_secret",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("taken_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("channel"),
    )
    op.add_column("conversation", sa.Column("human_until", sa.BigInteger(), nullable=True))
    op.add_column("conversation", sa.Column("blocked_at", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE conversation SET blocked_at = "
        "(SELECT contact.blocked_at FROM contact WHERE contact.id = conversation.contact_id)"
    )
    op.drop_column("contact", "blocked_at")
    op.add_column("outbox", sa.Column("parts", sa.BigInteger(), nullable=True))
    op.add_column("outbox", sa.Column("parts_delivered", sa.BigInteger(), nullable=False, server_default="0"))
