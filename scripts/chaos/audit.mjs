import pg from 'pg';

/**
 * What the database itself saw, beside what OpsPilot says of itself: a trigger notes every instant at which a rule was
 * judged, so that one that was left out shows.
 */
export class Audit {
  constructor(databaseUrl) {
    this.databaseUrl = databaseUrl;
  }

  install() {
    return this.#query(`
      CREATE TABLE chaos_evaluations (rule_id text NOT NULL, evaluated_at timestamptz NOT NULL);
      CREATE FUNCTION chaos_note_evaluation() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO chaos_evaluations VALUES (NEW.rule_id, NEW.evaluated_at);
        RETURN NULL;
      END $$;
      CREATE TRIGGER chaos_note_evaluation AFTER INSERT OR UPDATE OF evaluated_at ON rule_states
        FOR EACH ROW EXECUTE FUNCTION chaos_note_evaluation();`);
  }

  /** Instants of the schedule judged per rule, those left out between the first and the last, and the last. */
  async evaluations(intervalSeconds) {
    const { rows } = await this.#query(
      `SELECT rule_id, count(DISTINCT evaluated_at)::int AS judged,
              (extract(epoch FROM max(evaluated_at) - min(evaluated_at)) / ${Number(intervalSeconds)})::int + 1 AS due,
              extract(epoch FROM max(evaluated_at)) * 1000 AS last_at_ms
       FROM chaos_evaluations WHERE extract(epoch FROM evaluated_at) % ${Number(intervalSeconds)} = 0 GROUP BY rule_id`,
    );
    return rows.map((row) => ({
      judged: row.judged,
      skipped: row.due - row.judged,
      lastAtMs: Number(row.last_at_ms),
    }));
  }

  /** How many samples of the run are stored, and how many different ones. */
  async samples() {
    const { rows } = await this.#query(
      `SELECT count(*)::int AS stored, count(DISTINCT metric_value)::int AS different
       FROM metrics WHERE metric_name = 'chaos.number'`,
    );
    return rows[0];
  }

  async #query(text) {
    const client = new pg.Client({ connectionString: this.databaseUrl });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await client.query(text);
    } finally {
      await client.end();
    }
  }
}
