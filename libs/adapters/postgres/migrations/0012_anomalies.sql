-- What anomaly detection has found by itself, and how far it is with each series.

-- series_key is a SHA-256 in hex of what identifies the series, whose tags may be too long for an index.
CREATE TABLE anomaly_series (
  project_id   text COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  series_key   text COLLATE "C" NOT NULL,
  metric_name  text NOT NULL,
  service_name text NOT NULL,
  tags         jsonb NOT NULL,
  method       text NOT NULL,
  judged_to    timestamptz NOT NULL,
  -- Set where points were judged, not where there were none: a series that nobody sends any more ages by it.
  last_seen_at timestamptz NOT NULL,
  recent       jsonb NOT NULL,
  -- JSON, as text: tens of kilobytes at most, nobody looks into it here, and numbers come back as they were written.
  state        text NOT NULL,
  PRIMARY KEY (project_id, series_key)
);

CREATE TABLE anomalies (
  project_id   text COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  at           timestamptz NOT NULL,
  series_key   text COLLATE "C" NOT NULL,
  method       text COLLATE "C" NOT NULL,
  metric_name  text NOT NULL,
  service_name text NOT NULL,
  score        double precision NOT NULL,
  anomaly      jsonb NOT NULL,
  PRIMARY KEY (project_id, at, series_key, method)
);

CREATE TABLE service_anomaly_scores (
  project_id   text COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  at           timestamptz NOT NULL,
  service_name text COLLATE "C" NOT NULL,
  score        double precision NOT NULL,
  details      jsonb NOT NULL,
  PRIMARY KEY (project_id, at, service_name)
);
