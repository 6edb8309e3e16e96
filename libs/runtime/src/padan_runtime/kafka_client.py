"""Says in the log why Kafka turned a client away; the client's own error does not tell a wrong password from a
server that is down."""

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
)
from padan_events.kafka_client import Kafka, client_of, why_unreachable

from padan_runtime.logs import logger

_NOT_ALLOWED = (TopicAuthorizationFailedError, GroupAuthorizationFailedError, ClusterAuthorizationFailedError)


async def explain(kafka: Kafka, error: BaseException) -> None:
    """One line with a stable `code`: kafka_login_refused, kafka_protocol_mismatch, kafka_away, kafka_not_allowed."""
    address = client_of(kafka).bootstrap
    if isinstance(error, _NOT_ALLOWED):
        logger().error(
            "Kafka does not allow this service what it asks for: its ACLs are missing, or too new to be known",
            code="kafka_not_allowed",
            error=type(error).__name__,
        )
    elif isinstance(error, KafkaConnectionError):
        refusal = await why_unreachable(kafka)
        if refusal is not None:
            logger().error(refusal.text, code=refusal.code, address=address)


async def cluster_id_of(kafka: Kafka) -> str:
    """The id of the Kafka cluster: offsets of another cluster mean nothing here."""
    admin = AIOKafkaAdminClient(**client_of(kafka).options(), request_timeout_ms=15_000)
    try:
        await admin.start()
        return str((await admin.describe_cluster())["cluster_id"])
    except KafkaConnectionError as error:
        await explain(kafka, error)
        raise
    finally:
        await admin.close()
