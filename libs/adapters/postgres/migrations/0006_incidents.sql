-- Incidents. incident_events is the truth; a row of incidents is what projectIncident makes of its events.

-- One row per project, locked only while an incident opens. A sequence cannot serve: numbers count within a project.
CREATE TABLE incident_numbers (
  project_id  text COLLATE "C" PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
  last_number integer NOT NULL
);

CREATE TABLE incidents (
  project_id     text COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  id             text COLLATE "C" NOT NULL,
  number         integer NOT NULL,
  title          text NOT NULL,
  status         text COLLATE "C" NOT NULL,
  severity       text NOT NULL,
  incident_group text NOT NULL,
  opened_at      timestamptz NOT NULL,
  -- The whole incident; the columns above are copies for the indexes and for people with psql.
  projection     jsonb NOT NULL,
  PRIMARY KEY (project_id, id),
  UNIQUE (project_id, number)
);

-- The last word in every race: a project has at most one unresolved incident of a group.
CREATE UNIQUE INDEX incidents_one_unresolved_per_group ON incidents (project_id, incident_group)
  WHERE status <> 'resolved';
CREATE INDEX incidents_newest_first ON incidents (project_id, opened_at DESC, number DESC);
CREATE INDEX incidents_newest_first_by_status ON incidents (project_id, status, opened_at DESC, number DESC);

CREATE TABLE incident_events (
  project_id  text COLLATE "C" NOT NULL,
  incident_id text COLLATE "C" NOT NULL,
  -- Order of appending. Writers hold the lock of the incident's row, so within an incident it is the order of commits.
  position    bigint GENERATED ALWAYS AS IDENTITY,
  event_id    text COLLATE "C" NOT NULL,
  at          timestamptz NOT NULL,
  actor       jsonb NOT NULL,
  body        jsonb NOT NULL,
  PRIMARY KEY (project_id, incident_id, position),
  UNIQUE (project_id, incident_id, event_id),
  FOREIGN KEY (project_id, incident_id) REFERENCES incidents (project_id, id) ON DELETE CASCADE
);

-- Which incident an alert's episode belongs to, for good: an episode is never moved to another incident.
CREATE TABLE incident_alerts (
  project_id  text COLLATE "C" NOT NULL,
  episode_id  text COLLATE "C" NOT NULL,
  rule_id     text COLLATE "C" NOT NULL,
  labels_key  text COLLATE "C" NOT NULL,
  incident_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (project_id, episode_id, rule_id, labels_key),
  FOREIGN KEY (project_id, incident_id) REFERENCES incidents (project_id, id) ON DELETE CASCADE
);

-- For the cascade only: without it, deleting a project would scan the table once per incident.
CREATE INDEX incident_alerts_by_incident ON incident_alerts (project_id, incident_id);

-- Append only, whoever asks. The one exception is a whole project going away: its row is gone before the cascade gets here.
CREATE FUNCTION refuse_change_of_incident_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM projects WHERE id = OLD.project_id) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'incident_events is append only: % is not allowed', TG_OP
    USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER incident_events_append_only BEFORE UPDATE OR DELETE ON incident_events
  FOR EACH ROW EXECUTE FUNCTION refuse_change_of_incident_events();
CREATE TRIGGER incident_events_never_truncated BEFORE TRUNCATE ON incident_events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_incident_events();
