-- A timeline may also go with its incident, where that is deleted because of its age: then, in that transaction alone, opspilot.forgets_incidents
-- is on. Whoever deletes an incident by hand is still refused.
CREATE OR REPLACE FUNCTION refuse_change_of_incident_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND (
    NOT EXISTS (SELECT FROM projects WHERE id = OLD.project_id)
    OR current_setting('opspilot.forgets_incidents', true) = 'on'
      AND NOT EXISTS (SELECT FROM incidents WHERE project_id = OLD.project_id AND id = OLD.incident_id)
  ) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'incident_events is append only: % is not allowed', TG_OP
    USING ERRCODE = 'restrict_violation';
END
$$;
