-- Every few minutes it is asked which investigations of a project are running: a handful, among all that it ever had.
-- contract: a project has some investigations an incident, so it is built in well under a second, and holds up only their ends
CREATE INDEX investigations_running ON investigations (project_id, started_at, id) WHERE status = 'running';
