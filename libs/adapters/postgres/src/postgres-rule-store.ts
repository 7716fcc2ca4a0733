import type { Pool, PoolClient } from 'pg';
import type {
  IntervalSeconds,
  NoDataPolicy,
  Rule,
  RuleCondition,
  Severity,
} from '../../../core/src/alerting/rule';
import { type RuleChange, RuleStore } from '../../../core/src/alerting/rule-store.port';
import { asId, type ProjectId, type RuleId } from '../../../core/src/common/ids';
import type { Page, PageRequest } from '../../../core/src/common/page';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { listInCreationOrder } from './creation-order';
import { onEngine } from './engine-error';
import { underParent } from './missing-parent';
import { oneAtATime } from './one-at-a-time';
import { storableJson, storableText } from './storable-text';
import { withTransaction } from './transaction';

/** Rows are written from a Rule only, so closed lists and nested shapes are what the types say. */
interface RuleRow {
  readonly project_id: string;
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly enabled: boolean;
  readonly condition: RuleCondition;
  readonly interval_seconds: IntervalSeconds;
  readonly window_seconds: number;
  readonly hold_seconds: number;
  readonly keep_firing_seconds: number;
  readonly no_data: NoDataPolicy;
  readonly severity: Severity;
  readonly labels: Rule['labels'];
  readonly incident_group: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export class PostgresRuleStore extends RuleStore {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async create(scope: ProjectScope, rule: Rule, most: number): Promise<boolean> {
    const { rowCount } = await underParent('OPS_PROJECT_NOT_FOUND', 'project', () =>
      oneAtATime(this.pool, scope, 'rules', (client) =>
        client.query(
          `INSERT INTO rules (project_id, id, name, description, enabled, condition, interval_seconds, window_seconds,
             hold_seconds, keep_firing_seconds, no_data, severity, labels, incident_group, updated_at, created_at)
           SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16
           WHERE (SELECT count(*) FROM rules WHERE project_id = $1) < $17`,
          [...toValues(scope, rule), new Date(rule.createdAtMs), most],
        ),
      ),
    );
    return rowCount === 1;
  }

  override async find(scope: ProjectScope, id: RuleId): Promise<Rule | undefined> {
    const { rows } = await onEngine(() =>
      this.pool.query<RuleRow>('SELECT * FROM rules WHERE project_id = $1 AND id = $2', [
        scope.projectId,
        id,
      ]),
    );
    return rows.map(toRule)[0];
  }

  override list(scope: ProjectScope, page: PageRequest): Promise<Page<Rule>> {
    return listInCreationOrder(this.pool, 'rules', scope, page, toRule);
  }

  override async change(
    scope: ProjectScope,
    id: RuleId,
    decide: (rule: Rule) => Rule,
  ): Promise<RuleChange | undefined> {
    return onEngine(() =>
      withTransaction(this.pool, async (client) => {
        const before = await lock(client, scope, id);
        if (before === undefined) return undefined;
        const decided = decide(before);
        const updatedAtMs = Math.max(before.updatedAtMs, decided.updatedAtMs);
        const after: Rule = { ...decided, createdAtMs: before.createdAtMs, updatedAtMs };
        await client.query(
          `UPDATE rules SET name = $3, description = $4, enabled = $5, condition = $6, interval_seconds = $7,
             window_seconds = $8, hold_seconds = $9, keep_firing_seconds = $10, no_data = $11, severity = $12,
             labels = $13, incident_group = $14, updated_at = $15
           WHERE project_id = $1 AND id = $2`,
          toValues(scope, after),
        );
        return { before, after };
      }),
    );
  }

  override async delete(scope: ProjectScope, id: RuleId): Promise<boolean> {
    const { rowCount } = await onEngine(() =>
      this.pool.query('DELETE FROM rules WHERE project_id = $1 AND id = $2', [scope.projectId, id]),
    );
    return rowCount === 1;
  }

  override async listEnabled(
    scope: ProjectScope,
    intervalSeconds: IntervalSeconds,
  ): Promise<readonly Rule[]> {
    const { rows } = await onEngine(() =>
      this.pool.query<RuleRow>(
        'SELECT * FROM rules WHERE project_id = $1 AND interval_seconds = $2 AND enabled ORDER BY id',
        [scope.projectId, intervalSeconds],
      ),
    );
    return rows.map(toRule);
  }
}

/** Waits for whoever changes the rule, but for nobody who only refers to it. */
async function lock(client: PoolClient, scope: ProjectScope, id: RuleId): Promise<Rule | undefined> {
  const { rows } = await client.query<RuleRow>(
    'SELECT * FROM rules WHERE project_id = $1 AND id = $2 FOR NO KEY UPDATE',
    [scope.projectId, id],
  );
  return rows.map(toRule)[0];
}

/** In the order of the columns in both statements above. */
function toValues(scope: ProjectScope, rule: Rule): unknown[] {
  return [
    scope.projectId,
    rule.id,
    storableText(rule.name),
    rule.description === undefined ? null : storableText(rule.description),
    rule.enabled,
    storableJson(rule.condition),
    rule.intervalSeconds,
    rule.windowSeconds,
    rule.holdSeconds,
    rule.keepFiringSeconds,
    rule.noData,
    rule.severity,
    storableJson(rule.labels),
    storableText(rule.incidentGroup),
    new Date(rule.updatedAtMs),
  ];
}

function toRule(row: RuleRow): Rule {
  return {
    id: asId<RuleId>(row.id),
    projectId: asId<ProjectId>(row.project_id),
    name: row.name,
    ...(row.description !== null && { description: row.description }),
    enabled: row.enabled,
    condition: row.condition,
    intervalSeconds: row.interval_seconds,
    windowSeconds: row.window_seconds,
    holdSeconds: row.hold_seconds,
    keepFiringSeconds: row.keep_firing_seconds,
    noData: row.no_data,
    severity: row.severity,
    labels: row.labels,
    incidentGroup: row.incident_group,
    createdAtMs: row.created_at.getTime(),
    updatedAtMs: row.updated_at.getTime(),
  };
}
