"""The catalogue of rewards and the redemptions, beside the members."""

from alembic import op

revision = "loyalty_0006"
down_revision = "loyalty_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE rewards_v2 (
            reward_id       text PRIMARY KEY,
            kind            text        NOT NULL,
            price           bigint      NOT NULL,
            points_currency text        NOT NULL,
            supply          text        NOT NULL,
            fulfilment      text        NOT NULL,
            partner         text,
            opens_at        timestamptz,
            closes_at       timestamptz,
            withdrawn       boolean     NOT NULL,
            stock           bigint,
            reserved        bigint      NOT NULL,
            taken           bigint      NOT NULL,
            published_at    timestamptz NOT NULL,
            offer           jsonb       NOT NULL
        ) WITH (fillfactor = 80)
    """)
    op.execute("CREATE INDEX rewards_v2_by_price ON rewards_v2 (price, reward_id)")
    op.execute("""
        CREATE TABLE redemptions_v2 (
            redemption_id   uuid PRIMARY KEY,
            customer_id     uuid        NOT NULL,
            reward_id       text        NOT NULL,
            status          text        NOT NULL,
            points          bigint      NOT NULL,
            points_currency text        NOT NULL,
            list_price      bigint      NOT NULL,
            tier            text,
            partner         text,
            made_at         timestamptz NOT NULL,
            expires_at      timestamptz,
            ended_at        timestamptz,
            reference       text
        ) WITH (fillfactor = 80)
    """)
    op.execute("CREATE INDEX redemptions_v2_by_made_at ON redemptions_v2 (made_at DESC, redemption_id DESC)")
    op.execute("CREATE INDEX redemptions_v2_by_customer ON redemptions_v2 (customer_id, made_at)")
    op.execute("CREATE INDEX redemptions_v2_by_reward ON redemptions_v2 (reward_id, made_at)")
