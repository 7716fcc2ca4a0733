-- When the records of a dead letter were put into the queue; unknown for those set aside before, and for refused lines.
ALTER TABLE queue_dead_letters ADD COLUMN queued_at timestamptz;
