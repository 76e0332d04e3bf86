"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "responses",
        sa.Column("participant", sa.String(64), primary_key=True),
        sa.Column("assignment", sa.String(80), primary_key=True),
        sa.Column("release", sa.String(64), primary_key=True),
        sa.Column("item", sa.String(80), primary_key=True),
        sa.Column("response", sa.Text, nullable=False),
        sa.Column("first", sa.Text, nullable=False),
        sa.Column("confidence", sa.Integer),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_table(
        "sittings",
        sa.Column("participant", sa.String(64), primary_key=True),
        sa.Column("assignment", sa.String(80), primary_key=True),
        sa.Column("release", sa.String(64), primary_key=True),
        sa.Column("language", sa.String(2), nullable=False),
    )
    op.create_table(
        "handins",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("participant", sa.String(64), nullable=False),
        sa.Column("assignment", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("release", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("answered", sa.Integer, nullable=False),
        sa.Column("items", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.UniqueConstraint("participant", "assignment", "number"),
        sa.UniqueConstraint("participant", "assignment", "token"),
    )
    op.create_table(
        "notices",
        sa.Column("participant", sa.String(64), primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True),
    )
    op.create_table(
        "feedback",
        sa.Column("participant", sa.String(64), primary_key=True),
        sa.Column("assignment", sa.String(80), primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("page", sa.LargeBinary, nullable=False),
        sa.Column("points", sa.Float, nullable=False),
        sa.Column("of", sa.Float, nullable=False),
        sa.Column("passed", sa.Boolean),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in ("feedback", "notices", "handins", "sittings", "responses"):
        op.drop_table(name)
