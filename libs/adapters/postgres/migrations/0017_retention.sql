-- How many whole days a project's records are kept; 0 for ever, null as the installation has it.
ALTER TABLE projects
  ADD COLUMN log_retention_days integer,
  ADD COLUMN metric_retention_days integer;
