import {
  type anomalyPreviewRequest,
  toAnomalyPreviewResponse,
  toPreviewWindow,
} from '../../../libs/contracts/src/anomalies.contract';
import { patchRule, ruleRequest, toRuleDraft } from '../../../libs/contracts/src/alerting.contract';
import { createDetector } from '../../../libs/analysis/src/anomalies/create-detector';
import { describeCondition } from '../../../libs/core/src/alerting/describe-condition';
import type { AnomalyCondition, Rule, RuleCondition } from '../../../libs/core/src/alerting/rule';
import { compareVerdicts } from '../../../libs/core/src/anomalies/compare-verdicts';
import { judgeSeries } from '../../../libs/core/src/anomalies/judge-series';
import { ruleBucketSeconds } from '../../../libs/core/src/anomalies/training-window';
import { OpsError } from '../../../libs/core/src/common/errors';
import { inTurns } from '../../../libs/core/src/common/in-turns';
import type { MetricStore } from '../../../libs/core/src/metrics/metric-store.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { parseContract } from '../../../libs/http/src/contract.pipe';
import type { z } from 'zod';

const SERVICES_MAX = 20;
/** What decides which series are read; a preview compares ways of judging the same points. */
const SUBJECT = ['metric_name', 'aggregation', 'tags', 'service_name', 'group_by'];

/**
 * Judges the last days of a rule's series as the rule is and as it would be, each in one pass over the whole time.
 * Errors: OpsError `invalid` where the rule is of another kind, or the change is one of the series or makes no rule.
 */
export async function previewAnomalies(
  metrics: MetricStore,
  scope: ProjectScope,
  rule: Rule,
  { condition: patch, days }: z.output<typeof anomalyPreviewRequest>,
  nowMs: number,
) {
  const current = anomalyCondition(rule.condition);
  const subject = SUBJECT.find((name) => name in patch);
  if (subject !== undefined) throw invalid(`condition.${subject}`, 'is not what a preview compares');
  const changed = toRuleDraft(parseContract(ruleRequest, patchRule(rule, { condition: patch })));
  const proposed = anomalyCondition(changed.condition);
  const window = toPreviewWindow(days, ruleBucketSeconds(rule.windowSeconds), nowMs);
  const { metricName, aggregation, serviceName, tags, groupByService } = current;
  const { lines } = await metrics.query(scope, {
    metricName,
    aggregation,
    range: window.range,
    bucketSeconds: window.bucketSeconds,
    groupBy: groupByService ? 'service' : 'all',
    limit: SERVICES_MAX,
    ...(serviceName !== undefined && { serviceName }),
    ...(tags !== undefined && { tags }),
  });
  const totals = { current: 0, proposed: 0 };
  const changes = [];
  for (const line of lines) {
    const series = { points: line.points, judgeFromMs: window.judgeFromMs };
    const before = await inTurns(judgeSeries(series, current));
    const after = await inTurns(judgeSeries(series, proposed));
    totals.current += before.anomalies.length;
    totals.proposed += after.anomalies.length;
    changes.push({ serviceName: line.serviceName, change: compareVerdicts(before, after) });
  }
  const side = (condition: AnomalyCondition, total: number) => ({
    summary: describeCondition({ condition, windowSeconds: rule.windowSeconds }),
    method: createDetector(condition.method).method,
    total,
  });
  return toAnomalyPreviewResponse(
    window,
    side(current, totals.current),
    side(proposed, totals.proposed),
    changes,
  );
}

function anomalyCondition(condition: RuleCondition): AnomalyCondition {
  if (condition.kind === 'anomaly') return condition;
  throw invalid('rule_id', 'is a rule of another kind');
}

function invalid(field: string, reason: string): OpsError {
  const allowed =
    field === 'rule_id'
      ? 'a rule of kind anomaly'
      : 'method, threshold, direction and min_relative_deviation';
  return new OpsError('invalid', 'OPS_REQUEST_INVALID', `${field}: ${reason}`, {
    fields: [{ field, reason, allowed }],
  });
}
