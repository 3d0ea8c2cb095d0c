"""What alembic runs to migrate: the connection is `schema.upgrade`'s own."""

from alembic import context

from hookwright_sender.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # Alembic takes SQLite for a database that cannot do it; ours begins its transactions itself.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
