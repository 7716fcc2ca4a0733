-- Who calls whom, as counts by minute, derived from log records.

CREATE TABLE service_edges (
  project_id text COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  minute     timestamptz NOT NULL,
  caller     text COLLATE "C" NOT NULL,
  callee     text COLLATE "C" NOT NULL,
  kind       text COLLATE "C" NOT NULL,
  count      bigint NOT NULL,
  PRIMARY KEY (project_id, minute, caller, callee, kind)
);
