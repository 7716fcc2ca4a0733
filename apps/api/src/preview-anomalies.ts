import type { z } from 'zod';
import { createDetector } from '../../../libs/analysis/src/anomalies/create-detector';
import {
  type anomalyPreviewRequest,
  type PreviewedSeries,
  toAnomalyPreviewResponse,
  toPreviewWindow,
} from '../../../libs/contracts/src/anomaly-preview.contract';
import { patchRule, ruleRequest, toRuleDraft } from '../../../libs/contracts/src/alerting.contract';
import { describeCondition } from '../../../libs/core/src/alerting/describe-condition';
import type { AnomalyCondition, Rule, RuleCondition } from '../../../libs/core/src/alerting/rule';
import {
  adjustmentOf,
  type AnomalyLabel,
  appliedLabels,
} from '../../../libs/core/src/anomalies/anomaly-label';
import {
  type AnomalyQuestion,
  DEFAULT_ANOMALY_METHOD,
} from '../../../libs/core/src/anomalies/anomaly-question';
import { compareVerdicts } from '../../../libs/core/src/anomalies/compare-verdicts';
import { judgeSeries } from '../../../libs/core/src/anomalies/judge-series';
import { DETECTION_BUCKET_SECONDS } from '../../../libs/core/src/anomalies/plan-detection';
import { seriesKeyText } from '../../../libs/core/src/anomalies/stored-anomaly';
import {
  ruleBucketSeconds,
  ruleQuery,
  type TrainingWindow,
} from '../../../libs/core/src/anomalies/training-window';
import { OpsError } from '../../../libs/core/src/common/errors';
import { inTurns } from '../../../libs/core/src/common/in-turns';
import type { MetricLine } from '../../../libs/core/src/metrics/metric-query';
import type { MetricStore } from '../../../libs/core/src/metrics/metric-store.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { parseContract } from '../../../libs/http/src/contract.pipe';

const LINES_MAX = 20;
/** What decides which series are read; a preview compares ways of judging the same points. */
const SUBJECT = ['metric_name', 'aggregation', 'tags', 'service_name', 'group_by'];

type PreviewRequest = z.output<typeof anomalyPreviewRequest>;

/** One way of judging. */
interface Side {
  readonly summary: string;
  readonly question: AnomalyQuestion;
  readonly labels: readonly AnomalyLabel[];
}

/**
 * Judges the last days of a rule's series as the rule is and as it would be, each in one pass over the whole time.
 * Errors: OpsError `invalid` where the rule is of another kind, or the change is one of the series or makes no rule.
 */
export async function previewRule(
  metrics: MetricStore,
  scope: ProjectScope,
  rule: Rule,
  labels: readonly AnomalyLabel[],
  { condition: patch, days, labels: withProposed }: PreviewRequest,
  nowMs: number,
) {
  const current = anomalyCondition(rule.condition);
  const subject = SUBJECT.find((name) => name in patch);
  if (subject !== undefined) throw invalid(`condition.${subject}`, 'is not what a preview compares');
  const changed = toRuleDraft(parseContract(ruleRequest, patchRule(rule, { condition: patch })));
  const proposed = anomalyCondition(changed.condition);
  const window = toPreviewWindow(days, ruleBucketSeconds(rule.windowSeconds), nowMs);
  const { lines } = await metrics.query(scope, ruleQuery(current, window, LINES_MAX));
  const summaryOf = (condition: AnomalyCondition) =>
    describeCondition({ condition, windowSeconds: rule.windowSeconds });
  const applied = appliedLabels(labels);
  return compareSides(
    window,
    lines,
    { summary: summaryOf(current), question: current, labels: applied },
    { summary: summaryOf(proposed), question: proposed, labels: withProposed ? labels : applied },
  );
}

/** Judges the last days of the series that proposed labels speak of, as they are judged now and with those labels. */
export async function previewLabels(
  metrics: MetricStore,
  scope: ProjectScope,
  labels: readonly AnomalyLabel[],
  days: number,
  nowMs: number,
) {
  const window = toPreviewWindow(days, DETECTION_BUCKET_SECONDS, nowMs);
  const applied = appliedLabels(labels);
  const proposed = labels.filter(({ appliedAtMs }) => appliedAtMs === undefined);
  const lines = new Map<string, MetricLine>();
  for (const { metricName, serviceName, tags } of proposed) {
    if (lines.size >= LINES_MAX) break;
    const found = await metrics.query(scope, {
      metricName,
      aggregation: 'avg',
      range: window.range,
      bucketSeconds: window.bucketSeconds,
      groupBy: 'series',
      limit: LINES_MAX - lines.size,
      ...(serviceName !== undefined && { serviceName }),
      ...(tags !== undefined && { tags }),
    });
    for (const line of found.lines) lines.set(seriesKeyText(line), line);
  }
  const question = { method: DEFAULT_ANOMALY_METHOD };
  return compareSides(
    window,
    [...lines.values()],
    { summary: `anomaly detection with ${applied.length} labels in effect`, question, labels: applied },
    { summary: `the same with ${proposed.length} proposed labels`, question, labels },
  );
}

async function compareSides(
  window: TrainingWindow,
  lines: readonly MetricLine[],
  current: Side,
  proposed: Side,
) {
  const changes: PreviewedSeries[] = [];
  for (const line of lines) {
    const judge = ({ labels, question }: Side) => {
      const adjustment = adjustmentOf(labels, line);
      return inTurns(
        judgeSeries({ points: line.points, judgeFromMs: window.judgeFromMs, adjustment }, question),
      );
    };
    const change = compareVerdicts(await judge(current), await judge(proposed));
    changes.push({ line, change, conflicts: adjustmentOf(proposed.labels, line).conflicts });
  }
  const totalOf = (which: 'added' | 'removed') =>
    changes.reduce((sum, { change }) => sum + change.kept + change[which].length, 0);
  const side = ({ summary, question }: Side, total: number) => ({
    summary,
    method: createDetector(question.method).method,
    total,
  });
  return toAnomalyPreviewResponse(
    window,
    side(current, totalOf('removed')),
    side(proposed, totalOf('added')),
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
