import pg from 'pg';

/**
 * What the engines themselves hold, beside what OpsPilot says of itself: a trigger notes every instant at which a rule was
 * judged, so that one that was left out shows.
 */
export class Audit {
  constructor({ database, opensearch }) {
    this.databaseUrl = database;
    this.indicesUrl = `${opensearch}/logs-*`;
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

  /** Per rule: instants of the schedule judged since it was made, those left out before the last, and the last. */
  async evaluations(intervalSeconds) {
    const interval = Number(intervalSeconds);
    const { rows } = await this.#query(
      `SELECT count(DISTINCT evaluated_at)::int AS judged, coalesce(extract(epoch FROM max(evaluated_at)), 0)::int AS last,
              ceil(extract(epoch FROM rules.created_at) / ${interval})::int * ${interval} AS first_due
       FROM rules LEFT JOIN chaos_evaluations
         ON rule_id = rules.id AND extract(epoch FROM evaluated_at) % ${interval} = 0
       GROUP BY rules.id, rules.created_at`,
    );
    return rows.map(({ judged, last, first_due: firstDue }) => ({
      judged,
      skipped: Math.max(0, (last - firstDue) / interval + 1 - judged),
      lastAtMs: last * 1000,
    }));
  }

  /** How many log records OpenSearch itself counts. */
  async logs() {
    await fetch(`${this.indicesUrl}/_refresh`, { method: 'POST' });
    return (await (await fetch(`${this.indicesUrl}/_count`)).json()).count;
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
