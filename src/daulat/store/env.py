# SPDX-License-Identifier: Apache-2.0
"""Alembic's way into our schema: print its steps as SQL for PostgreSQL; `daulat.store.migrate` runs what is printed."""

from alembic import context


def _run() -> None:
    # The caller's transaction holds the lock and is around all steps: none is begun or ended here.
    context.configure(dialect_name="postgresql", output_buffer=context.config.output_buffer, transactional_ddl=False)
    context.run_migrations()


# Alembic executes this file under its own name for it; any other import of it should be quiet.
if __name__ == "env_py":
    _run()
