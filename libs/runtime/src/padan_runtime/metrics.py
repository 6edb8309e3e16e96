"""Every metric of Padan, declared and described here. No label ever holds personal data."""

from prometheus_client import Counter, Gauge, Histogram

LOG_APPENDED = Counter("padan_log_appended_total", "Events appended to a log.", ["topic"])
LOG_APPEND_SECONDS = Histogram("padan_log_append_seconds", "Time to append one transaction's events.")

RELAY_SENT = Counter("padan_relay_sent_total", "Events acknowledged by Kafka.", ["topic"])
RELAY_LAG = Gauge("padan_relay_lag", "Events in a log that Kafka has not acknowledged yet.", ["topic"])
RELAY_FAILURES = Counter("padan_relay_failures_total", "Times the relay closed its producer and began again.")

READER_APPLIED = Counter("padan_reader_applied_total", "Events a reader applied.", ["reader", "topic"])
READER_REPEATS = Counter("padan_reader_repeats_total", "Repeats a reader dropped.", ["reader", "topic"])
READER_LAG = Gauge("padan_reader_lag", "Records on Kafka that a reader has not applied.", ["reader", "topic"])
READER_BATCH_SECONDS = Histogram(
    "padan_reader_batch_seconds", "Time of one batch of a reader, from poll to commit.", ["reader"]
)
READER_STOPPED = Gauge(
    "padan_reader_stopped_shards",
    "Shards a reader stopped: nothing is lost, somebody must look. Alert above 0.",
    ["reader", "topic"],
)
READER_RETRIES = Counter(
    "padan_reader_retries_total", "Batches tried again because a server was away or moved on.", ["reader"]
)

KEYS_SERVED = Counter("padan_keys_served_total", "Keys handed out by the keyring.", ["service", "kind"])
KEYS_FETCHED = Counter("padan_keys_fetched_total", "Keys a service asked the keyring for.")

INTAKE_DECIDED = Counter("padan_intake_decided_total", "Reports decided, by outcome code.", ["code"])

COMMANDS_DECIDED = Counter(
    "padan_commands_decided_total", "Commands of people decided, by command and outcome.", ["command", "code"]
)
DEADLINES_FIRED = Counter("padan_deadlines_fired_total", "What came due in households and happened, by kind.", ["kind"])

BATCH_ROWS = Counter("padan_batch_rows_total", "Rows of files validated, by first reason (valid: none).", ["reason"])
BATCH_STAGE_SECONDS = Histogram(
    "padan_batch_stage_seconds",
    "Time of one stage of a file.",
    ["stage"],
    buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800),
)
PHOTOS = Counter(
    "padan_photos_total", "Photos sent, by outcome: kept, flagged (kept), or the code of a refusal.", ["outcome"]
)
LIFE_EVENTS = Counter(
    "padan_life_events_total",
    "What the civil registry told, by door and kind; reason: read, or why an entry cannot be used.",
    ["door", "kind", "reason"],
)
FEED_FAILURES = Counter("padan_feed_failures_total", "Times a feed could not be read, by reason.", ["feed", "reason"])
FEED_BEHIND = Gauge("padan_feed_behind_entries", "Entries of a feed that are not read yet.", ["feed"])
FEED_READ_LAST = Gauge(
    "padan_feed_read_last_timestamp_seconds", "When a feed was last read. Alert where that is long ago.", ["feed"]
)
PORT_REQUESTS = Counter("padan_port_requests_total", "Requests to outside registers.", ["port", "outcome"])
PORT_SECONDS = Histogram("padan_port_seconds", "Time of one request to an outside register.", ["port"])

LOOKED = Gauge(
    "padan_work_last_timestamp_seconds",
    "When work that nobody asks for was last done or seen to be none: rounds of places, decisions that come due, "
    "recomputations, decisions that an event of the system touches, reviews that are late, payment lists. Alert "
    "where it is old.",
    ["work"],
)
REVIEWS_OPEN = Gauge("padan_reviews_open", "Reviews of matches with foreign registers that are open.", ["tier"])
REVIEWS_OVERDUE = Gauge("padan_reviews_overdue", "Of these, those whose due date has passed.", ["tier"])
REVIEWS_PASSED_ON = Counter("padan_reviews_passed_on_total", "Reviews that were late, by where they went.", ["tier"])
REVIEWS_CLOSED = Counter("padan_reviews_closed_total", "Reviews that a person closed, by outcome.", ["outcome"])
PAYMENT_RESULTS = Counter(
    "padan_payment_results_total", "Results of banks, by status and by what came of them.", ["status", "answer"]
)
RECOVERIES_OPEN = Gauge("padan_recoveries_open", "Payments to be claimed back that nobody has closed.", ["reason"])
PAYMENT_HELD_LONG = Gauge(
    "padan_payment_lines_held_long",
    "Lines that are held still, of lists older than a stage (92 days): some families may never have a caretaker again. "
    "Alert where it grows.",
    ["programme"],
)
PAYMENT_HOLDS_ENDED = Counter("padan_payment_holds_ended_total", "Lines whose hold came to its date.", ["reason"])
DECIDED = Counter("padan_decided_total", "Decisions, by programme and outcome.", ["programme", "outcome"])

HTTP_REQUESTS = Counter("padan_http_requests_total", "Requests answered.", ["method", "route", "status"])
HTTP_SECONDS = Histogram("padan_http_seconds", "Time to answer a request.", ["method", "route"])
UNMASKED_READS = Counter("padan_unmasked_reads_total", "Reads of unmasked personal data, each logged.", ["role"])

RECONCILIATION_DIFFERENCES = Gauge(
    "padan_reconciliation_differences",
    "Households of which a view and the store behind it say different things, at the last comparison. Alert above 0.",
    ["reader"],
)
RECONCILIATION_LAST = Gauge(
    "padan_reconciliation_last_timestamp_seconds", "When a view was last held against its store.", ["reader"]
)

PARKED = Counter("padan_parked_total", "Records a reader set aside, by reason.", ["reader", "topic", "reason"])
PARKED_ROWS = Gauge(
    "padan_parked_rows", "Records a reader holds aside at the moment: somebody should look. Alert above 0.", ["reader"]
)
PARKED_TAKEN_UP = Counter(
    "padan_parked_taken_up_total", "Parked records an operator had tried (retried, failed) or dropped.",
    ["reader", "outcome"],
)  # fmt: skip
READER_BREAKER = Gauge(
    "padan_reader_breaker",
    "1 where a reader stopped because nearly everything failed, or too much is parked. Alert above 0.",
    ["reader"],
)

DATABASE_TIMELINE = Gauge(
    "padan_database_timeline",
    "Timeline of the PostgreSQL server that a writer of events uses; it grows with every failover and restore.",
    ["database"],
)
RELAY_LEADING = Gauge(
    "padan_relay_leading",
    "1 in the process whose relay leads; alert where the processes of a source have none.",
    ["source"],
)
WATERMARK = Gauge(
    "padan_watermark_timestamp_seconds", "When the gateway's views last held everything that was accepted by then."
)
