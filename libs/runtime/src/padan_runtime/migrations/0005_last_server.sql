-- The PostgreSQL cluster and timeline on which the service last began: on another, its log may lack what Kafka has.
CREATE TABLE last_server (
    one               boolean PRIMARY KEY DEFAULT true CHECK (one),
    system_identifier bigint  NOT NULL,
    timeline          bigint  NOT NULL
);
