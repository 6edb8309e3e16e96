"""The Faust application: its settings, all explicit, and the agent on the programme topic."""

import asyncio
from typing import Any

import faust
from faust.auth import SASLCredentials, SSLCredentials
from padan_events.kafka_client import MECHANISM, KafkaClient
from padan_events.topics import PROGRAMME_EVENTS
from padan_runtime.logs import logger

from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.settings import EligibilitySettings

APP_ID = "padan-eligibility"


def create_application(settings: EligibilitySettings) -> faust.App:
    """The app of one worker process. Faust creates no topic, keeps no table and elects no leader here."""
    kafka = settings.kafka_client
    return faust.App(
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


def _credentials(kafka: KafkaClient) -> Any:
    """The same login and transport in Faust's own words; None: plain text without a login."""
    transport = kafka.transport()
    context = transport.get("ssl_context")
    if kafka.username is None:
        return None if context is None else SSLCredentials(context)
    return SASLCredentials(username=kafka.username, password=kafka.password, mechanism=MECHANISM, ssl_context=context)


def follow_programmes(app: faust.App, policies: PolicySet) -> None:
    """An agent that reads the policies anew whenever one was published.

    Its body must not raise: Faust acknowledges the record of an agent that did, and goes on without it. So what
    fails ends the process, and the next one begins by reading all policies.
    """
    topic = app.topic(PROGRAMME_EVENTS.name, key_type=bytes, value_type=bytes)

    async def read_policies(stream: Any) -> None:
        async for _ in stream:
            try:
                await asyncio.to_thread(policies.refresh)
            except Exception as error:
                logger().error("policies cannot be read: the service ends", exc_info=error)
                await app.crash(error)
                return

    app.agent(topic, name="padan_eligibility.read_policies")(read_policies)
