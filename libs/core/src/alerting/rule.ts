import type { AnomalyQuestion } from '../anomalies/anomaly-question';
import type { ProjectId, RuleId } from '../common/ids';
import type { LogLevel } from '../logs/log-level';
import type { Aggregation } from '../metrics/metric-query';
import type { Tags } from '../metrics/sample';

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
/** How bad it is when the rule fires. */
export type Severity = (typeof SEVERITIES)[number];

export const OPERATORS = ['>', '>=', '<', '<=', '==', '!='] as const;
export type Operator = (typeof OPERATORS)[number];

export const INTERVALS_SECONDS = [10, 30, 60, 300] as const;
/** How often a rule is evaluated. A closed list, because each is a Temporal Schedule per shard. */
export type IntervalSeconds = (typeof INTERVALS_SECONDS)[number];

/** What a window without data means: `ok` ends the alert, `keep` leaves the state as it is, `alert` counts as a breach. */
export const NO_DATA_POLICIES = ['ok', 'keep', 'alert'] as const;
export type NoDataPolicy = (typeof NO_DATA_POLICIES)[number];

interface ThresholdCondition {
  readonly operator: Operator;
  readonly threshold: number;
  /** One alert per service instead of one for all. */
  readonly groupByService: boolean;
}

export interface MetricThresholdCondition extends ThresholdCondition {
  readonly kind: 'metric_threshold';
  readonly metricName: string;
  readonly serviceName?: string;
  readonly tags?: Tags;
  readonly aggregation: Aggregation;
}

export interface LogCountCondition extends ThresholdCondition {
  readonly kind: 'log_count';
  readonly levels?: readonly LogLevel[];
  readonly serviceName?: string;
  readonly search?: string;
}

/** Holds where a value of the window is not what the history before it lets one expect. */
export interface AnomalyCondition extends AnomalyQuestion {
  readonly kind: 'anomaly';
  readonly metricName: string;
  readonly serviceName?: string;
  readonly tags?: Tags;
  readonly aggregation: Aggregation;
  /** One alert per service instead of one for all. */
  readonly groupByService: boolean;
}

export type RuleCondition = MetricThresholdCondition | LogCountCondition | AnomalyCondition;

export interface Rule {
  readonly id: RuleId;
  readonly projectId: ProjectId;
  readonly name: string;
  readonly description?: string;
  readonly enabled: boolean;
  readonly condition: RuleCondition;
  readonly intervalSeconds: IntervalSeconds;
  /** The condition looks at the records of this long before the evaluated instant. */
  readonly windowSeconds: number;
  /** How long it must hold before it fires (`for` on the wire). 0 fires at once. */
  readonly holdSeconds: number;
  /** How long it must be over before it resolves. */
  readonly keepFiringSeconds: number;
  readonly noData: NoDataPolicy;
  readonly severity: Severity;
  readonly labels: Readonly<Record<string, string>>;
  /** Alerts of the same group that fire while an incident is open join it. */
  readonly incidentGroup: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** What a person may set. */
export type RuleDraft = Omit<Rule, 'id' | 'projectId' | 'createdAtMs' | 'updatedAtMs'>;
