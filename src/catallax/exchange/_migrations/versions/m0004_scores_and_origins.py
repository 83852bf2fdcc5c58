"""Offers are ranked once, when they are shown; sessions end with the token that began them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    with op.batch_alter_table("state", schema=None) as batch_op:
        batch_op.add_column(sa.Column("score", sa.Double(), nullable=True))
    # what requesters are looking at stays there, by the last bid; what others ranked by then was not kept
    op.execute(
        "UPDATE state SET score = (SELECT bid FROM purchase WHERE purchase.id = state.purchase) "
        "WHERE status IN ('offered', 'picked') AND request IN (SELECT id FROM request WHERE phase IN ('choosing', 'closed'))"
    )
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.add_column(sa.Column("origin", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_token_origin"), "token", ["origin"], ["id"])
