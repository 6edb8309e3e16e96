-- What each rebuild of a projection found, and whether it was switched to. Counts and household ids, nothing personal.
CREATE TABLE rebuild_report (
    report_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    view        text   COLLATE "C" NOT NULL,
    begun_at    timestamptz NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    vector      jsonb  NOT NULL,              -- by topic, the place of each shard at which both were compared
    events      bigint NOT NULL,
    seconds     double precision NOT NULL,
    rows        jsonb  NOT NULL,              -- by table
    differences jsonb  NOT NULL,              -- by table: missing, surplus, altered, and some of their households
    left_out    uuid[] NOT NULL,              -- households that are parked or cannot be read: not compared, not touched
    switched    boolean NOT NULL,
    verified    boolean NOT NULL              -- compared once more after the switch
);
