"""The Faust application: its settings, all explicit, and the agent on the programme topic."""

from typing import Any

import faust
from faust.auth import SASLCredentials, SSLCredentials
from padan_events.kafka_client import MECHANISM, KafkaClient
from padan_events.topics import PROGRAMME_EVENTS
from padan_runtime.kafka_client import cluster_id_of
from padan_runtime.logs import logger

from padan_eligibility.programmes.waking import Arrived, Waking
from padan_eligibility.settings import EligibilitySettings
from padan_eligibility.transport import Transport

APP_ID = "padan-eligibility"


def create_application(settings: EligibilitySettings) -> faust.App:
    """The app of one worker process. Faust creates no topic, keeps no table and elects no leader here."""
    kafka = settings.kafka_client
    app = faust.App(
        APP_ID,
        broker=[f"kafka://{address}" for address in kafka.addresses],
        broker_credentials=_credentials(kafka),
        datadir=str(settings.folder),
        store="memory://",
        autodiscover=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_replication_factor=1,
        consumer_auto_offset_reset="earliest",
        stream_wait_empty=False,
        broker_commit_interval=1.0,
        broker_session_timeout=10.0,
        broker_heartbeat_interval=3.0,
        broker_request_timeout=15.0,
        producer_acks=-1,
        producer_linger=0.0,
        key_serializer="raw",
        value_serializer="raw",
        worker_redirect_stdouts=False,
        web_enabled=True,
        web_bind=settings.http_host,
        web_host=settings.http_host,
        web_port=settings.http_port,
        web_router_enabled=False,
        web_tables_enabled=False,
        web_graph_enabled=False,
        web_stats_enabled=False,
        web_metrics_enabled=False,
    )
    app.transport = Transport(app.conf.broker_consumer, app)
    return app


def _credentials(kafka: KafkaClient) -> Any:
    """The same login and transport in Faust's own words; None: plain text without a login."""
    transport = kafka.transport()
    context = transport.get("ssl_context")
    if kafka.username is None:
        return None if context is None else SSLCredentials(context)
    return SASLCredentials(username=kafka.username, password=kafka.password, mechanism=MECHANISM, ssl_context=context)


def follow_programmes(app: faust.App, waking: Waking, kafka: KafkaClient) -> None:
    """An agent that reads the policies anew whenever one was published.

    Its body must not raise: Faust acknowledges the record of an agent that did, and goes on without it. So what cannot
    be handled is parked, and where that fails the process ends: the next one begins by reading all policies.
    """
    # Empty values and keys pass, to be parked as anything else that is no policy.
    topic = app.topic(PROGRAMME_EVENTS.name, key_type=bytes, value_type=bytes, allow_empty=True)
    cluster_id = ""

    async def read_policies(stream: Any) -> None:
        nonlocal cluster_id
        async for event in stream.events():
            message = event.message
            try:
                cluster_id = cluster_id or await cluster_id_of(kafka)
                await waking.take(
                    Arrived(
                        message.topic,
                        message.partition,
                        message.offset,
                        message.key,
                        message.value,
                        [(name, data) for name, data in message.headers or ()],
                        cluster_id,
                    )
                )
            except Exception as error:
                logger().error("policies cannot be read: the service ends", exc_info=error)
                await app.crash(error)
                return

    app.agent(topic, name="padan_eligibility.read_policies")(read_policies)
