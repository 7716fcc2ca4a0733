-- Investigations of incidents, and the evidence that their claims cite.

CREATE TABLE investigations (
  project_id   text COLLATE "C" NOT NULL,
  id           text COLLATE "C" NOT NULL,
  incident_id  text COLLATE "C" NOT NULL,
  status       text NOT NULL,
  requested_by text NOT NULL,
  started_at   timestamptz NOT NULL,
  finished_at  timestamptz,
  scope        jsonb,
  report       jsonb,
  failure      text,
  PRIMARY KEY (project_id, id),
  FOREIGN KEY (project_id, incident_id) REFERENCES incidents (project_id, id) ON DELETE CASCADE
);

CREATE INDEX investigations_newest_first ON investigations (project_id, incident_id, started_at DESC, id DESC);

CREATE TABLE evidence (
  project_id       text COLLATE "C" NOT NULL,
  id               text COLLATE "C" NOT NULL,
  investigation_id text COLLATE "C" NOT NULL,
  label            text COLLATE "C" NOT NULL,
  kind             text NOT NULL,
  service_name     text,
  summary          text NOT NULL,
  query            text NOT NULL,
  result           jsonb NOT NULL,
  observed_at      timestamptz NOT NULL,
  PRIMARY KEY (project_id, id),
  FOREIGN KEY (project_id, investigation_id) REFERENCES investigations (project_id, id) ON DELETE CASCADE
);

CREATE INDEX evidence_by_investigation ON evidence (project_id, investigation_id);
