-- What people say about anomalies: that one was none, or that one was missed.

CREATE TABLE anomaly_labels (
  project_id text COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  id         text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL,
  -- Null while it is only proposed.
  applied_at timestamptz,
  label      jsonb NOT NULL,
  PRIMARY KEY (project_id, id)
);
