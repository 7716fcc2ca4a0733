import type { Pool, PoolClient } from 'pg';
import type { IntervalSeconds } from '../../../core/src/alerting/rule';
import type {
  AlertLabels,
  RuleState,
  StoredRuleState,
  Transition,
} from '../../../core/src/alerting/rule-state';
import { RuleStateStore } from '../../../core/src/alerting/rule-state-store.port';
import { asId, type RuleId } from '../../../core/src/common/ids';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { onEngine } from './engine-error';
import { labelsKey } from './labels-key';
import { storableJson } from './storable-text';
import { withTransaction } from './transaction';

/** Rows are written from a StoredRuleState only, so labels and state are what the types say. */
interface RuleStateRow {
  readonly rule_id: string;
  readonly labels: AlertLabels;
  readonly state: RuleState;
  readonly evaluated_at: Date;
  readonly value: number | null;
}

const KEPT_MS = 7 * 86_400_000;

/**
 * One statement for all states, because a project may have tens of thousands. Rules that were deleted or
 * disabled meanwhile fall out (`living` also keeps them from being so before the commit), states that are not newer lose, and only winners
 * bring their transitions. Sorted, so that two racing saves lock in the same order.
 */
const SAVE = `
  WITH input AS (
    SELECT * FROM jsonb_to_recordset($3::jsonb)
      AS s (rule_id text, labels_key text, labels jsonb, state jsonb, value double precision)
  ), living AS MATERIALIZED (
    SELECT id FROM rules 
     WHERE project_id = $1 AND id IN (SELECT rule_id FROM input) AND enabled ORDER BY id FOR SHARE
  ), won AS (
    INSERT INTO rule_states AS stored (project_id, rule_id, labels_key, labels, state, evaluated_at, value)
    SELECT $1, rule_id, labels_key, labels, state, $2, value
      FROM input JOIN living ON living.id = input.rule_id
     ORDER BY rule_id, labels_key
    ON CONFLICT (project_id, rule_id, labels_key) DO UPDATE
      SET state = EXCLUDED.state, evaluated_at = EXCLUDED.evaluated_at, value = EXCLUDED.value
      WHERE stored.evaluated_at < EXCLUDED.evaluated_at
    RETURNING rule_id, labels_key
  )
  INSERT INTO rule_transitions (project_id, rule_id, labels_key, episode_id, kind, evaluated_at, transition)
  SELECT $1, t.rule_id, t.labels_key, t.episode_id, t.kind, $2, t.transition
    FROM jsonb_to_recordset($4::jsonb)
      AS t (rule_id text, labels_key text, episode_id text, kind text, transition jsonb)
    JOIN won ON won.rule_id = t.rule_id AND won.labels_key = t.labels_key
  ON CONFLICT DO NOTHING`;

const FORGET_TRANSITIONS = 'DELETE FROM rule_transitions WHERE project_id = $1 AND evaluated_at < $2';

/** Label sets come and go (a service that is no more). One that is inactive and no longer evaluated says nothing. */
const FORGET_STATES = `
  DELETE FROM rule_states
   WHERE project_id = $1 AND rule_id = ANY ($3::text[]) AND evaluated_at < $2 AND state ->> 'phase' = 'inactive'`;

/** Whoever claims a later instant waits until the save that holds this lock is done, and then reads what it saved. */
const LOCK_CLAIM = `
  SELECT claimed_through FROM evaluation_claims WHERE project_id = $1 AND interval_seconds = $2 FOR SHARE`;

const UNDELIVERED = `
  SELECT t.transition
    FROM rule_transitions t
    LEFT JOIN incident_alerts a USING (project_id, episode_id, rule_id, labels_key)
   WHERE t.project_id = $1 AND t.evaluated_at <= $2
     AND CASE t.kind
           WHEN 'fired' THEN a.incident_id IS NULL
           ELSE CASE
             WHEN a.incident_id IS NULL THEN EXISTS (
               SELECT FROM rule_transitions fired
                WHERE (fired.project_id, fired.rule_id, fired.labels_key, fired.episode_id, fired.kind)
                      = (t.project_id, t.rule_id, t.labels_key, t.episode_id, 'fired'))
             ELSE EXISTS (
               SELECT FROM incidents i, jsonb_array_elements(i.projection -> 'alerts') alert
                WHERE i.project_id = t.project_id AND i.id = a.incident_id AND i.status <> 'resolved'
                  AND alert ->> 'episodeId' = t.episode_id AND NOT alert ? 'resolvedAtMs')
           END
         END
   ORDER BY t.evaluated_at, t.rule_id, t.labels_key, t.episode_id, t.kind LIMIT $3`;

export class PostgresRuleStateStore extends RuleStateStore {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async load(scope: ProjectScope, ruleIds: readonly RuleId[]): Promise<readonly StoredRuleState[]> {
    const { rows } = await onEngine(() =>
      this.pool.query<RuleStateRow>(
        `SELECT rule_id, labels, state, evaluated_at, value FROM rule_states
          WHERE project_id = $1 AND rule_id = ANY ($2::text[]) ORDER BY rule_id, labels_key`,
        [scope.projectId, ruleIds],
      ),
    );
    return rows.map(toStoredRuleState);
  }

  override async save(
    scope: ProjectScope,
    evaluatedAtMs: number,
    states: readonly StoredRuleState[],
    transitions: readonly Transition[],
  ): Promise<void> {
    if (states.length === 0) return;
    await onEngine(() =>
      withTransaction(this.pool, (client) => saveWith(client, scope, evaluatedAtMs, states, transitions)),
    );
  }

  override async saveRequested(
    scope: ProjectScope,
    intervalSeconds: IntervalSeconds,
    evaluatedAtMs: number,
    states: readonly StoredRuleState[],
    transitions: readonly Transition[],
  ): Promise<boolean> {
    return onEngine(() =>
      withTransaction(this.pool, async (client) => {
        const { rows } = await client.query<{ claimed_through: Date }>(LOCK_CLAIM, [
          scope.projectId,
          intervalSeconds,
        ]);
        if (rows[0]?.claimed_through.getTime() !== evaluatedAtMs) return false;
        if (states.length > 0) await saveWith(client, scope, evaluatedAtMs, states, transitions);
        return true;
      }),
    );
  }

  override async clear(scope: ProjectScope, ruleId: RuleId, upToMs: number): Promise<void> {
    await onEngine(() =>
      this.pool.query(
        'DELETE FROM rule_states WHERE project_id = $1 AND rule_id = $2 AND evaluated_at <= $3',
        [scope.projectId, ruleId, new Date(upToMs)],
      ),
    );
  }

  override async transitionsAt(
    scope: ProjectScope,
    evaluatedAtMs: number,
    ruleIds: readonly RuleId[],
  ): Promise<readonly Transition[]> {
    const { rows } = await onEngine(() =>
      // Written from a Transition only.
      this.pool.query<{ transition: Transition }>(
        `SELECT transition FROM rule_transitions
          WHERE project_id = $1 AND evaluated_at = $2 AND rule_id = ANY ($3::text[])
          ORDER BY rule_id, labels_key, episode_id, kind`,
        [scope.projectId, new Date(evaluatedAtMs), ruleIds],
      ),
    );
    return rows.map((row) => row.transition);
  }

  override async transitionsBetween(
    scope: ProjectScope,
    afterMs: number,
    throughMs: number,
    ruleIds: readonly RuleId[],
  ): Promise<readonly Transition[]> {
    const { rows } = await onEngine(() =>
      this.pool.query<{ transition: Transition }>(
        `SELECT transition FROM rule_transitions
          WHERE project_id = $1 AND evaluated_at > $2 AND evaluated_at <= $3 AND rule_id = ANY ($4::text[])
          ORDER BY evaluated_at, rule_id, labels_key, episode_id, kind`,
        [scope.projectId, new Date(afterMs), new Date(throughMs), ruleIds],
      ),
    );
    return rows.map((row) => row.transition);
  }

  override async undelivered(
    scope: ProjectScope,
    throughMs: number,
    limit: number,
  ): Promise<readonly Transition[]> {
    const { rows } = await onEngine(() =>
      this.pool.query<{ transition: Transition }>(UNDELIVERED, [scope.projectId, new Date(throughMs), limit]),
    );
    return rows.map((row) => row.transition);
  }
}

async function saveWith(
  client: PoolClient,
  scope: ProjectScope,
  evaluatedAtMs: number,
  states: readonly StoredRuleState[],
  transitions: readonly Transition[],
): Promise<void> {
  const forgottenBefore = new Date(evaluatedAtMs - KEPT_MS);
  const ruleIds = [...new Set(states.map((state) => state.ruleId))];
  await client.query(SAVE, [
    scope.projectId,
    new Date(evaluatedAtMs),
    storableJson(states.map(toStateInput)),
    storableJson(transitions.map(toTransitionInput)),
  ]);
  await client.query(FORGET_TRANSITIONS, [scope.projectId, forgottenBefore]);
  await client.query(FORGET_STATES, [scope.projectId, forgottenBefore, ruleIds]);
}

function toStateInput({ ruleId, labels, state, value }: StoredRuleState): object {
  return {
    rule_id: ruleId,
    labels_key: labelsKey(labels),
    labels,
    state,
    // JSON has no infinity; PostgreSQL reads it from text.
    value: value === undefined || Number.isFinite(value) ? value : String(value),
  };
}

function toTransitionInput(transition: Transition): object {
  return {
    rule_id: transition.ruleId,
    labels_key: labelsKey(transition.labels),
    episode_id: transition.episodeId,
    kind: transition.kind,
    transition,
  };
}

function toStoredRuleState(row: RuleStateRow): StoredRuleState {
  return {
    ruleId: asId<RuleId>(row.rule_id),
    labels: row.labels,
    state: row.state,
    evaluatedAtMs: row.evaluated_at.getTime(),
    ...(row.value !== null && { value: row.value }),
  };
}
