import type { ProjectId, RuleId } from '../common/ids';
import type { Severity } from './rule';

/** Identifies one alert of a rule: `{}` or, where it groups, `{service_name: …}`. */
export type AlertLabels = Readonly<Record<string, string>>;

/** The state of one rule for one label set. */
export type RuleState =
  | { readonly phase: 'inactive' }
  | { readonly phase: 'pending'; readonly sinceMs: number }
  | {
      readonly phase: 'firing';
      readonly sinceMs: number;
      /** Names this stretch of firing: the same for all evaluations in it, new for the next stretch. */
      readonly episodeId: string;
      /** When the condition stopped holding, while keep-firing still runs. */
      readonly clearSinceMs?: number;
    };

/** What one evaluation saw for one label set. */
export type EvaluationResult =
  | { readonly outcome: 'breach' | 'clear'; readonly value: number }
  | { readonly outcome: 'no_data' }
  /** The label set is none of the rule's any more, because its grouping or its service was changed. */
  | { readonly outcome: 'gone' };

export interface StoredRuleState {
  readonly ruleId: RuleId;
  readonly labels: AlertLabels;
  readonly state: RuleState;
  readonly evaluatedAtMs: number;
  readonly value?: number;
}

/** A change that others must hear of. Identified by (ruleId, labels, episodeId, kind), so hearing it twice is harmless. */
export interface Transition {
  readonly kind: 'fired' | 'resolved';
  readonly projectId: ProjectId;
  readonly ruleId: RuleId;
  readonly ruleName: string;
  readonly labels: AlertLabels;
  readonly episodeId: string;
  /** The scheduled instant of the evaluation; where `endedBy` is present, when the rule was switched off. */
  readonly evaluatedAtMs: number;
  /** When the condition began to hold. */
  readonly sinceMs: number;
  readonly value?: number;
  readonly threshold: number;
  /** The condition in words: `p95(latency_ms) > 500 over 5m`. */
  readonly condition: string;
  readonly severity: Severity;
  readonly serviceName?: string;
  readonly incidentGroup: string;
  /** The name of what to do about it, where the rule's label `runbook` is one. */
  readonly runbook?: string;
  /** Present where no evaluation ended the alert: nobody knows whether its condition still holds. */
  readonly endedBy?: 'rule_deleted' | 'rule_disabled';
}
