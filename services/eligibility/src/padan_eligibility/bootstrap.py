"""Puts the service together: database, policies, reader, relay, Faust app and pages."""

from datetime import timedelta
from typing import cast

import faust
from padan_events.topics import ELIGIBILITY_EVENTS, HOUSEHOLD_EVENTS, PROGRAMME_EVENTS, parked_topics_of
from padan_runtime import schema
from padan_runtime.database import Database
from padan_runtime.http import Health, Progress
from padan_runtime.keys import KeyClient
from padan_runtime.left_behind import LogLeftBehindError, require_whole
from padan_runtime.projector import Projector
from padan_runtime.reconciliation.asking import StoreClient
from padan_runtime.relay import Relay
from padan_runtime.same_server import SameServer
from padan_runtime.service_tokens import read_identity
from padan_runtime.settings import fail

from padan_eligibility.application import create_application, follow_programmes
from padan_eligibility.domain.policy_document import PolicyError
from padan_eligibility.fact_service import FactService
from padan_eligibility.facts.cuts import CutClient
from padan_eligibility.facts.handler import READER, FactsHandler, Prepared
from padan_eligibility.pages import serve_pages
from padan_eligibility.payments.serving import serve_payments
from padan_eligibility.payments.work import payment_work
from padan_eligibility.periods.closing import Closing as PeriodClosing
from padan_eligibility.periods.serving import serve_periods
from padan_eligibility.places.allocating import Allocator
from padan_eligibility.places.serving import serve_quotas
from padan_eligibility.policies import packaged
from padan_eligibility.programmes.drafting import Drafting
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.programmes.publishing import PolicyAlteredError, publish
from padan_eligibility.programmes.repository import SOURCE
from padan_eligibility.programmes.serving import serve_policies
from padan_eligibility.programmes.waking import READER as POLICIES
from padan_eligibility.programmes.waking import Waking
from padan_eligibility.reconciling import reconciliation, serve_store
from padan_eligibility.reviews.closing import Closing
from padan_eligibility.reviews.escalating import Escalating
from padan_eligibility.reviews.serving import serve_reviews
from padan_eligibility.settings import EligibilitySettings, schemas
from padan_eligibility.simulation.running import Simulations
from padan_eligibility.simulation.serving import serve_simulations
from padan_eligibility.timing.asked import Asked
from padan_eligibility.timing.due import Due
from padan_eligibility.timing.recomputing import Recomputing
from padan_eligibility.timing.redeciding import PAGE, Redeciding, database_clock
from padan_eligibility.timing.serving import serve_recomputations
from padan_eligibility.timing.ticking import Ticking

_BATCH = 2_000  # events a transaction; with 4,000 the process held 297 MB, and was no faster
LOGS = (ELIGIBILITY_EVENTS.name, PROGRAMME_EVENTS.name, *parked_topics_of("eligibility"))


def prepare_database(settings: EligibilitySettings, server: SameServer) -> tuple[Database, PolicySet]:
    """Migrate, publish the packaged policies and read all that were ever published: the fact stream starts only with
    policies in hand. Ends the process (78) where a policy is not valid, or is not what was published under its
    version, and where the database was set back."""
    database = Database(settings.database_url, name="eligibility", server=server)
    schema.prepare(schemas(settings))
    database.open()
    policies = PolicySet(database)
    try:
        require_whole(database, settings.kafka_client, LOGS)
        publish(database, packaged())
        policies.refresh()
    except LogLeftBehindError as error:
        fail(f"the database was set back: {error}")
    except PolicyError as error:
        fail(f"a policy is not valid: {error}")
    except PolicyAlteredError as error:
        fail(f"policy {error} was changed after it had been published: give the change a new version")
    return database, policies


def build(settings: EligibilitySettings) -> faust.App:
    """The app of one worker, ready to run."""
    identity, verifier = read_identity(settings.secrets, "eligibility")
    server = SameServer("eligibility")
    database, policies = prepare_database(settings, server)
    keys = KeyClient(settings.household_url, identity)
    review_within = timedelta(days=settings.review_days)
    projector: Projector[Prepared] = Projector(
        reader=READER,
        topics=[HOUSEHOLD_EVENTS],
        handler=FactsHandler(database, keys, policies, review_within),
        database=database,
        kafka=settings.kafka_client,
        batch=_BATCH,
    )
    relay = Relay(settings.database_url, settings.kafka_client, LOGS, source=SOURCE, server=server)

    cuts = CutClient(settings.household_url, identity)
    # Keys of its own: whoever decides everybody anew would push those of live changes out of the cache.
    sealing = KeyClient(settings.household_url, identity, most=2 * PAGE)
    household = StoreClient("household", settings.household_url, identity)

    simulations = Simulations()

    async def close() -> None:
        simulations.close()
        await keys.close()
        await sealing.close()
        await household.close()
        await cuts.close()
        database.close()

    waking = Waking(database, policies)
    allocator = Allocator(database, policies, cuts.cut, READER)
    redeciding = Redeciding(database, sealing, policies, database_clock)
    work = payment_work(database, policies, allocator, READER, database_clock)
    recomputing = Recomputing(redeciding, policies, cuts.cut, READER, per_s=settings.recompute_per_s)
    timed = (
        Ticking("due", Due(redeciding, per_s=settings.recompute_per_s).look),
        Ticking("redeciding", Asked(redeciding, policies).look),
        Ticking("recomputing", recomputing.look),
        Ticking("reviews", Escalating(database, database_clock, review_within).look),
        Ticking("payments", work.looking.look),
    )
    runners = [
        *(server.run, projector.run, relay.run, waking.run, allocator.run),
        *(one.run for one in timed),
        reconciliation(database, household).run,
    ]
    facts = FactService(runners, close=close)
    app = create_application(settings)
    follow_programmes(app, waking, settings.kafka_client)
    for ticking in timed:
        ticking.on(app)
    app.service(cast(type[FactService], facts))  # Faust takes an instance too, though its types do not say so

    health = Health()
    health.require("database", database.healthy)
    health.require("policies", lambda: policies.ready)
    health.require("running", lambda: facts.running)
    health.require(READER, lambda: projector.assigned > 0)
    health.require(f"{READER}.breaker", lambda: not projector.broken)
    progress = Progress(database, logs=LOGS, readers=(READER, POLICIES))
    progress.stopped[READER] = lambda: projector.stopped
    serve_pages(app, health, progress)
    serve_store(app, database, verifier)
    serve_policies(app, Drafting(database), verifier)
    serve_simulations(app, database, policies, simulations, verifier)
    serve_quotas(app, database, policies, READER, verifier)
    serve_recomputations(app, database, policies, verifier)
    serve_reviews(app, Closing(database, policies, sealing, database_clock, review_within), verifier)
    periods = PeriodClosing(database, policies, allocator, READER)
    serve_periods(app, database, policies, closing=periods, cuts=cuts, verifier=verifier)
    serve_payments(app, database, policies, work=work, cuts=cuts, verifier=verifier)
    return app
