"""The service that decides, over HTTP."""

from typing import Final, TypeVar

import httpx
import msgspec
from padan_events.commands import (
    CommandOutcome,
    CommandRequest,
    CommandUnanswered,
    KeyRequest,
)
from padan_events.commands.corrections import IdentityAnswer, IdentityQuestion, NeedsIdentity
from padan_runtime.http_client import http_client
from padan_runtime.problems import Unavailable
from padan_runtime.service_tokens import ServiceIdentity

_TIMEOUT_S: Final = 80.0
_ANSWER: Final[msgspec.json.Decoder[CommandOutcome | CommandUnanswered]] = msgspec.json.Decoder(
    CommandOutcome | CommandUnanswered
)

_IDENTITY: Final[msgspec.json.Decoder[IdentityAnswer]] = msgspec.json.Decoder(IdentityAnswer)
Answer = TypeVar("Answer")


class DecidingHousehold:
    """Household's `POST /commands`."""

    def __init__(self, url: str, identity: ServiceIdentity) -> None:
        self._identity = identity
        self._http = http_client(url, timeout_s=_TIMEOUT_S)

    async def answered(self, asked: KeyRequest) -> CommandOutcome | None:
        """What was answered to a key before, None where nothing was. Raises `Unavailable`."""
        found = await self._ask("/commands:answered", asked, _ANSWER)
        return None if isinstance(found, CommandUnanswered) else found

    async def decide(self, request: CommandRequest) -> CommandOutcome:
        """The answer to a command. Raises `Unavailable`: then it may or may not have been decided, and whoever asks
        again with the same key is told."""
        found = await self._ask("/commands", request, _ANSWER)
        if isinstance(found, CommandUnanswered):
            raise Unavailable("household")
        return found

    async def identity(self, command: NeedsIdentity, role: str, region: str) -> IdentityAnswer:
        """About whom the civil registry has to be asked before this command is decided. Raises `Unavailable`."""
        asked = IdentityQuestion(role=role, region=region, command=command)
        return await self._ask("/commands:identity", asked, _IDENTITY)

    async def _ask(self, path: str, body: msgspec.Struct, decoder: msgspec.json.Decoder[Answer]) -> Answer:
        headers = {**self._identity.headers("household"), "Content-Type": "application/json"}
        try:
            response = await self._http.post(path, content=msgspec.json.encode(body), headers=headers)
            if response.is_success:
                return decoder.decode(response.content)
        except (httpx.HTTPError, msgspec.MsgspecError) as error:
            raise Unavailable("household") from error
        raise Unavailable("household")
