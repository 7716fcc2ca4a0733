-- Every few minutes it is asked of whose end people are still to be told: of the incidents of a day, among all that a project ever had.
-- contract: a project has some incidents a day, so it is built in well under a second, and holds up only their events
CREATE INDEX incidents_lately_resolved ON incidents (project_id, ((projection ->> 'resolvedAtMs')::bigint), id)
  WHERE status = 'resolved';
