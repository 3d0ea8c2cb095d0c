"""Every table of the platform. Times are Unix seconds, ids come from `Database.new_id`.

`accounts`, `api_keys`          who may ask, and how they prove it
`ctas`, `projects`              what a webhook can belong to
`link_domains`, `links`         short links; an alias is unique within its domain
`domains`                       proofs of ownership, one for each account and host
`webhooks`, `queues`            one webhook for each CTA or project, and what it still has to send
`events`, `deliveries`, `attempts`  what happened, where it must go, what came of it
`idempotent_answers`            first answers of calls with an Idempotency-Key
`notices`, `audit`              what an owner should know, and who changed what
`encryption_keys`, `nodes`      keys that have ever encrypted; numbers of processes, for ids
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# SQLite's own row number is an INTEGER PRIMARY KEY and nothing else.
Id = BigInteger().with_variant(Integer, "sqlite")


def _id() -> "Column[int]":
    return Column("id", Id, primary_key=True, autoincrement=False)


def _account() -> "Column[int]":
    return Column("account_id", Id, ForeignKey("accounts.id"), nullable=False)


accounts = Table(
    "accounts",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("created_at", Double, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    _id(),
    _account(),
    # SHA-256 of 256 random bits: there is nothing to guess, so nothing to slow down.
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("hint", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("revoked_at", Double),
    Index(None, "account_id"),
)

ctas = Table(
    "ctas",
    metadata,
    _id(),
    _account(),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    CheckConstraint("kind IN ('form', 'social_optin', 'social_optin_xl')", name="kind"),
    Index(None, "account_id", "id"),
)

projects = Table(
    "projects",
    metadata,
    _id(),
    _account(),
    Column("name", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Index(None, "account_id", "id"),
)

link_domains = Table(
    "link_domains",
    metadata,
    _id(),
    # NULL is the platform's own, on which the links of all accounts are.
    Column("account_id", Id, ForeignKey("accounts.id")),
    Column("host", Text, nullable=False),
    Column("nickname", Text, nullable=False),
    UniqueConstraint("account_id", "host"),
)
# No two NULLs are the same in a constraint.
Index(
    "ix_link_domains_shared",
    link_domains.c.host,
    unique=True,
    sqlite_where=text("account_id IS NULL"),
    postgresql_where=text("account_id IS NULL"),
)

links = Table(
    "links",
    metadata,
    _id(),
    _account(),
    Column("project_id", Id, ForeignKey("projects.id"), nullable=False),
    Column("domain_id", Id, ForeignKey("link_domains.id"), nullable=False),
    Column("alias", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    UniqueConstraint("domain_id", "alias"),
)

domains = Table(
    "domains",
    metadata,
    _id(),
    _account(),
    Column("host", Text, nullable=False),
    # It is public: it stands in the DNS.
    Column("token", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    # What the reason is in one word.
    Column("code", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("checked_at", Double),
    Column("verified_at", Double),
    Column("next_check_at", Double),
    UniqueConstraint("account_id", "host"),
    CheckConstraint("status IN ('pending', 'verified', 'failed')", name="status"),
    Index(None, "next_check_at"),
)

webhooks = Table(
    "webhooks",
    metadata,
    _id(),
    _account(),
    Column("cta_id", Id, ForeignKey("ctas.id"), unique=True),
    Column("project_id", Id, ForeignKey("projects.id"), unique=True),
    Column("domain_id", Id, ForeignKey("domains.id"), nullable=False),
    Column("target", Text, nullable=False),
    # A JSON object with the members `url` and `parameters`.
    Column("settings", LargeBinary, nullable=False),
    # A JSON array of objects with `secret` and `expires_at`, newest first.
    Column("secrets", LargeBinary, nullable=False),
    # Changes with every change of the two above, so that a worker need not decrypt them again.
    Column("revision", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("failing_since", Double),
    Column("disabled_at", Double),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    CheckConstraint("(cta_id IS NULL) <> (project_id IS NULL)", name="owner"),
    CheckConstraint("state IN ('active', 'held', 'disabled')", name="state"),
    Index(None, "account_id", "id"),
    Index(None, "domain_id"),
)

# What a claim looks at first: one row for each webhook. Nothing of it becomes due while `due_at` is
# still to come; NULL is nothing at all. Closed are those of webhooks that are disabled or held.
queues = Table(
    "queues",
    metadata,
    Column(
        "webhook_id",
        Id,
        ForeignKey("webhooks.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("open", Boolean(create_constraint=False), nullable=False),
    Column("due_at", Double),
)
Index(
    "ix_queues_due_at",
    queues.c.due_at,
    queues.c.webhook_id,
    sqlite_where=text("open = 1 AND due_at IS NOT NULL"),
    postgresql_where=text("open AND due_at IS NOT NULL"),
)

# No foreign key to accounts here: every event of an account would lock the same row.
events = Table(
    "events",
    metadata,
    _id(),
    Column("account_id", Id, nullable=False),
    Column("cta_id", Id),
    Column("project_id", Id),
    Column("event", Text, nullable=False),
    # What `hookwright-contract` says of it.
    Column("contract", Text, nullable=False),
    Column("test", Boolean(create_constraint=False), nullable=False),
    # The exact bytes on the wire.
    Column("body", LargeBinary, nullable=False),
    Column("created_at", Double, nullable=False),
    Index(None, "account_id", "id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    _id(),
    Column("account_id", Id, nullable=False),
    Column("event_id", Id, ForeignKey("events.id", ondelete="CASCADE"), nullable=False),
    # No foreign key: the log outlives the webhook.
    Column("webhook_id", Id, nullable=False),
    Column("event", Text, nullable=False),
    Column("test", Boolean(create_constraint=False), nullable=False),
    # pending, delivered, dead, cancelled
    Column("state", Text, nullable=False),
    # When a pending one may be claimed; a claimed one: when its lease ends.
    Column("due_at", Double, nullable=False),
    # The fencing number: how often it was claimed.
    Column("claim", Integer, nullable=False),
    # Claims since the last outcome: one while it is attempted, more when workers died over it.
    Column("lost", Integer, nullable=False),
    # Attempts that came to an end; those since it was last replayed.
    Column("attempts", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("last_outcome", Text),
    Column("last_status", Integer),
    Column("created_at", Double, nullable=False),
    Column("finished_at", Double),
    CheckConstraint("state IN ('pending', 'delivered', 'dead', 'cancelled')", name="state"),
    Index(None, "account_id", "id"),
    Index(None, "webhook_id", "id"),
    Index(None, "event_id"),
)
Index(
    "ix_deliveries_pending",
    deliveries.c.webhook_id,
    deliveries.c.due_at,
    deliveries.c.id,
    sqlite_where=text("state = 'pending'"),
    postgresql_where=text("state = 'pending'"),
)
# The dead are few, and asked for alone.
Index(
    "ix_deliveries_dead",
    deliveries.c.webhook_id,
    deliveries.c.id,
    sqlite_where=text("state = 'dead'"),
    postgresql_where=text("state = 'dead'"),
)

attempts = Table(
    "attempts",
    metadata,
    Column(
        "delivery_id",
        Id,
        ForeignKey("deliveries.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    # Of the claim that it was made under: no attempt can be recorded twice.
    Column("claim", Integer, primary_key=True, autoincrement=False),
    Column("started_at", Double, nullable=False),
    # Seconds.
    Column("latency", Double, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("status", Integer),
    # A JSON object: headers of the request and of the answer, its first bytes, the error.
    Column("details", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

idempotent_answers = Table(
    "idempotent_answers",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    # SHA-256 of the key, and of the request that it came with.
    Column("key", LargeBinary, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("created_at", Double, nullable=False),
    Index(None, "created_at"),
)

notices = Table(
    "notices",
    metadata,
    _id(),
    _account(),
    Column("kind", Text, nullable=False),
    Column("webhook_id", Id),
    Column("domain_id", Id),
    Column("message", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Index(None, "account_id", "id"),
)

audit = Table(
    "audit",
    metadata,
    _id(),
    _account(),
    # An API key (`key:` and its id), or the `command` line.
    Column("actor", Text, nullable=False),
    # Such as `webhook.set`.
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Index(None, "account_id", "id"),
)

encryption_keys = Table(
    "encryption_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("proof", LargeBinary, nullable=False),
    Column("created_at", Double, nullable=False),
)

nodes = Table(
    "nodes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("started_at", Double, nullable=False),
)

# What holds anything that a person entered, or that may quote it: (table, column). The place of a
# value (`encryption.place`) names both and the row: its primary key, parts joined with a full stop.
ENCRYPTED = (
    (webhooks, webhooks.c.settings),
    (webhooks, webhooks.c.secrets),
    (events, events.c.body),
    (attempts, attempts.c.details),
    (idempotent_answers, idempotent_answers.c.answer),
)
