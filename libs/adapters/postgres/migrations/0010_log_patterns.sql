-- What log clustering has learned of each project: its miner's state, the patterns, and which fingerprints belong to them.

CREATE TABLE log_pattern_catalogues (
  project_id      text COLLATE "C" PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
  algorithm       text NOT NULL,
  version         integer NOT NULL,
  -- JSON, as text: jsonb would refuse characters that messages have, and nobody looks into it here.
  miner_state     text NOT NULL,
  since           timestamptz NOT NULL,
  clustered_to    timestamptz NOT NULL
);

CREATE TABLE log_patterns (
  project_id text COLLATE "C" NOT NULL REFERENCES log_pattern_catalogues (project_id) ON DELETE CASCADE,
  id         text COLLATE "C" NOT NULL,
  pattern    jsonb NOT NULL,
  PRIMARY KEY (project_id, id)
);

CREATE TABLE log_pattern_fingerprints (
  project_id  text COLLATE "C" NOT NULL REFERENCES log_pattern_catalogues (project_id) ON DELETE CASCADE,
  fingerprint text COLLATE "C" NOT NULL,
  pattern_id  text COLLATE "C" NOT NULL,
  entry       jsonb NOT NULL,
  PRIMARY KEY (project_id, fingerprint)
);

-- Labels that a project adds to the predefined ones.
CREATE TABLE log_pattern_labels (
  project_id text COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  name       text COLLATE "C" NOT NULL,
  matcher    jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, name)
);

-- Clustering reads what was received in an interval, whatever its timestamps say. Records are written about in the order
-- of their receipt, so an index of a few pages finds them.
-- contract: made before the first release; a BRIN index is built at the speed of reading and costs writers next to nothing
CREATE INDEX log_records_by_receipt ON log_records USING brin (received_at) WITH (autosummarize = on);
