"""What mutations were answered with."""

from __future__ import annotations

from rxconvo.server.storage.records import Date, StoredResult
from rxconvo.server.storage.rows import Rows
from rxconvo.types import Identity

__all__ = ["Mutations"]

_SELECT = "SELECT status, body FROM mutation WHERE identity = ? AND mutation_id = ?"


class Mutations(Rows):
    """The table of mutations and their answers."""

    def result(self, identity: Identity, mutation_id: str) -> StoredResult | None:
        """Return the answer to a mutation that was made before."""
        inserted = self._batch.inserted_result(identity, mutation_id)
        if inserted is not None:
            return inserted
        row = self._connection.execute(_SELECT, (identity, mutation_id)).fetchone()
        return None if row is None else StoredResult(*row)

    def remember_result(self, identity: Identity, mutation_id: str, status: int, body: bytes, *, at: Date) -> None:
        """Keep the answer to a mutation."""
        self._batch.insert_result(identity, mutation_id, StoredResult(status, body), at)

    def purge_mutations(self, before: Date, *, limit: int = 1000) -> int:
        """Forget old answers.

        Rows are in the order of time but where the clock was set back; there the younger ones wait for the older.
        So no index by date is needed, which every mutation would have to pay for.
        """
        connection = self._batch.writable()
        last = 0
        count = 0
        oldest = connection.execute("SELECT id, date FROM mutation ORDER BY id LIMIT ?", (limit,)).fetchall()
        for mutation, date in oldest:
            if date >= before:
                break
            last = mutation
            count += 1
        connection.execute("DELETE FROM mutation WHERE id <= ?", (last,))
        return count
