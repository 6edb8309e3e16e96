"""A store's side: answers questions about one of its logs."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from padan_events import SHARDS
from psycopg import sql

from padan_runtime.database import Database
from padan_runtime.log import table_of
from padan_runtime.problems import Problem, Text
from padan_runtime.reconciliation.digest import MOST_LEFT_OUT, Answer, Question, summarize

_QUESTION: Final = msgspec.json.Decoder(Question)


class Store:
    """What a log can be asked. `covers` maps the name of a mark to a SELECT of shard, key and mark over the log's rows
    `e` up to the vector; there `{log}` stands for these rows."""

    def __init__(self, database: Database, topic: str, covers: Mapping[str, sql.SQL]) -> None:
        self._database, self.topic, self._covers = database, topic, covers
        # Shard by shard over the primary key: the last events of a large log cost only themselves.
        self._log = sql.SQL(
            "(SELECT l.* FROM unnest(%(vector)s::bigint[]) WITH ORDINALITY AS v (pos, n) JOIN {} l "
            "ON l.shard = v.n - 1 AND l.pos <= v.pos)"
        ).format(sql.Identifier(table_of(topic)))

    def answer(self, body: bytes) -> Answer:
        """The answer to a question as it came. Raises `Problem` (422)."""
        question = self._read(body)
        items = self._covers[question.cover].format(log=self._log)
        parameters: dict[str, Any] = {"vector": list(question.vector)}
        with self._database.transaction() as connection:
            # Whatever the pool does: whether one shard is asked for, or all, decides the plan.
            connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
            return Answer(tuple(summarize(connection, items, question, parameters).values()))

    def _read(self, body: bytes) -> Question:
        try:
            question = _QUESTION.decode(body)
        except msgspec.MsgspecError:
            question = None
        if (
            question is None
            or question.cover not in self._covers
            or len(question.vector) != SHARDS
            or len(question.without) > MOST_LEFT_OUT
        ):
            raise Problem(
                "question_invalid",
                422,
                Text("Pertanyaan rekonsiliasi keliru.", "The question is not one of a reconciliation."),
                Text(
                    f"Kirim 24 posisi dan salah satu dari: {', '.join(self._covers)}.",
                    f"Send 24 positions and one of: {', '.join(self._covers)}.",
                ),
            )
        return question
