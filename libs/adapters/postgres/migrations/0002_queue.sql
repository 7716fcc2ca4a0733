-- The ingest queue, its dead letters, and the remembered Idempotency-Keys.
-- No foreign keys to projects: the queue may lie in a database of its own (QUEUE_URL).

CREATE TABLE queue_messages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue text NOT NULL,
  project_id uuid NOT NULL,
  request_id text NOT NULL,
  body bytea NOT NULL,
  record_count integer NOT NULL,
  bytes integer NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  available_at timestamptz NOT NULL DEFAULT now(),
  lease_token uuid,
  enqueued_at timestamptz NOT NULL DEFAULT now()
)
-- Every row is updated once (its lease) and deleted: room for the new version on the same page keeps the update out of
-- the indexes, and vacuum has to come by number of dead rows, not by a share of a table that is mostly empty.
WITH (
  fillfactor = 50,
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_insert_scale_factor = 0,
  autovacuum_vacuum_insert_threshold = 10000,
  autovacuum_analyze_scale_factor = 0,
  autovacuum_analyze_threshold = 2000,
  autovacuum_vacuum_cost_delay = 0,
  toast.autovacuum_vacuum_scale_factor = 0,
  toast.autovacuum_vacuum_threshold = 5000,
  toast.autovacuum_vacuum_cost_delay = 0
);
-- A body lives for moments: compressing it would cost more than it saves.
ALTER TABLE queue_messages ALTER COLUMN body SET STORAGE EXTERNAL;
-- available_at is in no index, so that setting a lease touches none. The rows at the head that are leased or delayed are few.
CREATE INDEX queue_messages_in_order ON queue_messages (queue, id);

CREATE TABLE queue_dead_letters (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue text NOT NULL,
  project_id uuid NOT NULL,
  request_id text NOT NULL,
  body bytea NOT NULL,
  body_hash bytea NOT NULL GENERATED ALWAYS AS (sha256(body)) STORED,
  record_count integer NOT NULL,
  attempts integer NOT NULL,
  reason text NOT NULL,
  failed_at timestamptz NOT NULL DEFAULT now(),
  -- A consumer that dies between setting a batch aside and acknowledging it sets the same bytes aside again.
  UNIQUE (project_id, queue, body_hash)
);
CREATE INDEX queue_dead_letters_by_queue ON queue_dead_letters (queue);

CREATE TABLE idempotency_keys (
  project_id uuid NOT NULL,
  key text NOT NULL,
  request_hash text NOT NULL,
  received_at timestamptz NOT NULL,
  response text,
  PRIMARY KEY (project_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (received_at);
