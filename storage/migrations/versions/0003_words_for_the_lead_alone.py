"""what people wrote about the service itself is for the safeguarding lead alone"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("inbox", sa.Column("for_lead", sa.Boolean(), nullable=False, server_default=sa.false()))
