-- Rules, what their evaluations decided, and the channels that hear of it.

CREATE TABLE rules (
  project_id          text COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  id                  text COLLATE "C" NOT NULL,
  name                text NOT NULL,
  description         text,
  enabled             boolean NOT NULL,
  condition           jsonb NOT NULL,
  interval_seconds    integer NOT NULL,
  window_seconds      integer NOT NULL,
  hold_seconds        integer NOT NULL,
  keep_firing_seconds integer NOT NULL,
  no_data             text NOT NULL,
  severity            text NOT NULL,
  labels              jsonb NOT NULL,
  incident_group      text NOT NULL,
  created_at          timestamptz NOT NULL,
  updated_at          timestamptz NOT NULL,
  PRIMARY KEY (project_id, id)
);

CREATE INDEX rules_in_order ON rules (project_id, created_at, id);
CREATE INDEX rules_to_evaluate ON rules (project_id, interval_seconds) WHERE enabled;

-- One row per rule and label set, rewritten at every evaluation. No index holds a column that an evaluation changes, and
-- pages keep room, so that PostgreSQL can rewrite rows in place (HOT) instead of growing the table and its indexes.
CREATE TABLE rule_states (
  project_id    text COLLATE "C" NOT NULL,
  rule_id       text COLLATE "C" NOT NULL,
  -- Hash of the labels: they may be longer than an index entry.
  labels_key    text COLLATE "C" NOT NULL,
  labels        jsonb NOT NULL,
  state         jsonb NOT NULL,
  evaluated_at  timestamptz NOT NULL,
  value         double precision,
  PRIMARY KEY (project_id, rule_id, labels_key),
  FOREIGN KEY (project_id, rule_id) REFERENCES rules (project_id, id) ON DELETE CASCADE
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);

-- What the evaluations announced, kept for a week: long enough for any retry to find what it lost the answer of.
CREATE TABLE rule_transitions (
  project_id   text COLLATE "C" NOT NULL,
  rule_id      text COLLATE "C" NOT NULL,
  labels_key   text COLLATE "C" NOT NULL,
  episode_id   text COLLATE "C" NOT NULL,
  kind         text COLLATE "C" NOT NULL,
  evaluated_at timestamptz NOT NULL,
  transition   jsonb NOT NULL,
  PRIMARY KEY (project_id, rule_id, labels_key, episode_id, kind),
  FOREIGN KEY (project_id, rule_id) REFERENCES rules (project_id, id) ON DELETE CASCADE
);

-- Serves both the question "what was saved for this instant" and the removal of the old.
CREATE INDEX rule_transitions_by_instant ON rule_transitions (project_id, evaluated_at);

-- Up to which scheduled instant the rules of a project have been evaluated.
CREATE TABLE evaluation_cursors (
  project_id        text COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  interval_seconds  integer NOT NULL,
  evaluated_through timestamptz NOT NULL,
  PRIMARY KEY (project_id, interval_seconds)
);

CREATE TABLE channels (
  project_id text COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  id         text COLLATE "C" NOT NULL,
  name       text NOT NULL,
  enabled    boolean NOT NULL,
  kind       text NOT NULL,
  url        text NOT NULL,
  secret     text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, id)
);

CREATE INDEX channels_in_order ON channels (project_id, created_at, id);
