import { randomUUID } from 'node:crypto';
import type { Rule } from '../../core/src/alerting/rule';
import type { Transition } from '../../core/src/alerting/rule-state';
import { asId, type RuleId } from '../../core/src/common/ids';
import type { ProjectScope } from '../../core/src/projects/project-scope';

/** A rule for the suites: valid, with a new id. */
export function ruleOf(scope: ProjectScope, change: Partial<Rule> = {}): Rule {
  return {
    id: asId<RuleId>(randomUUID()),
    projectId: scope.projectId,
    name: 'slow checkout',
    enabled: true,
    condition: {
      kind: 'metric_threshold',
      metricName: 'latency_ms',
      aggregation: 'p95',
      operator: '>',
      threshold: 500,
      groupByService: false,
    },
    intervalSeconds: 10,
    windowSeconds: 60,
    holdSeconds: 30,
    keepFiringSeconds: 0,
    noData: 'keep',
    severity: 'critical',
    labels: {},
    incidentGroup: 'default',
    createdAtMs: 1_700_000_000_123,
    updatedAtMs: 1_700_000_000_456,
    ...change,
  };
}

/** A transition for the suites: `checkout` fires in group `default`, in an episode of its own. */
export function transitionOf(scope: ProjectScope, change: Partial<Transition> = {}): Transition {
  return {
    kind: 'fired',
    projectId: scope.projectId,
    ruleId: asId<RuleId>(randomUUID()),
    ruleName: 'slow checkout',
    labels: { service_name: 'checkout' },
    episodeId: randomUUID(),
    evaluatedAtMs: 1_700_000_100_000,
    sinceMs: 1_700_000_070_000,
    value: 812.5,
    threshold: 500,
    condition: 'p95(latency_ms) > 500 over 1m',
    severity: 'warning',
    serviceName: 'checkout',
    incidentGroup: 'default',
    ...change,
  };
}
