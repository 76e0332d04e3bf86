"""Alembic's door: the connection comes from the desk itself."""

from alembic import context

from singmuk.desk.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
