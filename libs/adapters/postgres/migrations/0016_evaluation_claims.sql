-- Up to which instant a project's rules of one interval are being judged. An evaluation at an instant that somebody asked for is
-- saved only while no later instant is claimed (see RuleStateStore.saveRequested). Apart from evaluation_cursors, which the last
-- release writes without knowing of claims.
CREATE TABLE evaluation_claims (
  project_id       text COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  interval_seconds integer NOT NULL,
  claimed_through  timestamptz NOT NULL,
  PRIMARY KEY (project_id, interval_seconds)
)
-- Rewritten at every tick: room on the page lets PostgreSQL do that in place.
WITH (fillfactor = 50);
