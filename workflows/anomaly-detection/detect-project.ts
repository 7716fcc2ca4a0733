import { setImmediate as nextTurn } from 'node:timers/promises';
import { createDetector } from '../../libs/analysis/src/anomalies/create-detector';
import { DetectorStateError } from '../../libs/analysis/src/anomalies/detector-snapshot';
import { type AnomalyLabel, appliedLabels, isLabelOf } from '../../libs/core/src/anomalies/anomaly-label';
import type { AnomalyLabelStore } from '../../libs/core/src/anomalies/anomaly-label-store.port';
import { DEFAULT_ANOMALY_METHOD } from '../../libs/core/src/anomalies/anomaly-question';
import type { AnomalyStore } from '../../libs/core/src/anomalies/anomaly-store.port';
import {
  detectInSeries,
  missedRanges,
  type SeriesToDetect,
} from '../../libs/core/src/anomalies/detect-in-series';
import { type DetectionPlan, planDetection, stepOf } from '../../libs/core/src/anomalies/plan-detection';
import { scoreServices } from '../../libs/core/src/anomalies/score-services';
import { type SeriesJudgement, seriesKeyText } from '../../libs/core/src/anomalies/stored-anomaly';
import { rangesToLeaveOut } from '../../libs/core/src/anomalies/training-window';
import { inTurns } from '../../libs/core/src/common/in-turns';
import type { SharedClock } from '../../libs/core/src/common/shared-clock.port';
import type { TimeRange } from '../../libs/core/src/common/time-range';
import type { Incident } from '../../libs/core/src/incidents/incident';
import type { IncidentStore } from '../../libs/core/src/incidents/incident-store.port';
import type { MetricLine } from '../../libs/core/src/metrics/metric-query';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import type { Logger } from '../../libs/observability/src/app-logger';
import type { ProjectDetection, ProjectDetectionRequest } from './anomaly-detection.contract';
import { notAhead } from '../shared/not-ahead';
import type { DetectionMetrics } from './detection-metrics';
import { type DetectionReading, type NewPoints, readHistory, readNewPoints } from './read-detection';

export interface DetectionDependencies extends DetectionReading {
  readonly anomalies: AnomalyStore;
  readonly anomalyLabels: AnomalyLabelStore;
  readonly incidentStore: IncidentStore;
  readonly sharedClock: SharedClock;
  readonly counters: DetectionMetrics;
  readonly logger: Logger;
  /** Points end so long before the scheduled instant, for samples that are still on their way. */
  readonly delayMs: number;
  /** What was found longer ago is deleted. */
  readonly retentionMs: number;
}

/** States read and saved together: a megabyte, which takes milliseconds to parse and to write. */
const SERIES_AT_ONCE = 20;
/** Each reads a day of its own, so that many new ones take several runs. */
const BEGIN_PER_RUN = 500;
const INCIDENTS_MAX = 200;
/** Of incidents that matter to what is learned: the history that is read, and then some. */
const INCIDENTS_MS = 2 * 86_400_000;
/** An alert fires after what it fires for. */
const INCIDENT_LEAD_MS = 300_000;
const METHOD = createDetector(DEFAULT_ANOMALY_METHOD).method;

/** One attempt at one project. */
interface Run {
  readonly deps: DetectionDependencies;
  readonly scope: ProjectScope;
  readonly plan: DetectionPlan;
  readonly points: NewPoints;
  readonly incidents: readonly Incident[];
  readonly labels: readonly AnomalyLabel[];
  readonly signal: AbortSignal;
  readonly done: { series: number; begun: number; learning: number; anomalies: number };
}

/**
 * Judges what every series has new up to the scheduled instant: each from its saved state, those without one from a day of
 * history. What an earlier attempt has saved is not done again, so a retry goes on where it stopped.
 * Errors: those of the stores; what was saved before stays.
 */
export async function detectProject(
  deps: DetectionDependencies,
  scope: ProjectScope,
  { scheduledAtMs }: ProjectDetectionRequest,
  signal: AbortSignal,
): Promise<ProjectDetection> {
  const mostSeries = deps.maxSeries + deps.maxPatterns;
  const progress = await deps.anomalies.listProgress(scope, mostSeries);
  const plan = planDetection(progress, await notAhead(deps.sharedClock, scheduledAtMs), deps.delayMs);
  const points = await readNewPoints(deps, scope, plan.range);
  if (points.isCut) deps.counters.leftOut.inc();
  const [incidents, labels] = await Promise.all([
    readIncidents(deps, scope, plan.range.toMs),
    deps.anomalyLabels.list(scope),
  ]);
  const done = { series: 0, begun: 0, learning: 0, anomalies: 0 };
  const run: Run = { deps, scope, plan, points, incidents, labels: appliedLabels(labels), signal, done };

  const anew = await continueSeries(run);
  const waiting = Math.max(0, anew.length - BEGIN_PER_RUN);
  deps.counters.waiting.inc(waiting);
  await beginSeries(run, anew.slice(0, BEGIN_PER_RUN));
  if (!points.isCut) await deps.anomalies.skipTo(scope, plan.range);
  const after = await deps.anomalies.listProgress(scope, mostSeries);
  await deps.anomalies.saveServiceScores(scope, scoreServices(after, plan.scoreFromMs));
  await deps.anomalies.deleteBefore(scope, plan.range.toMs - deps.retentionMs);
  return { method: METHOD, ...done, waiting };
}

async function readIncidents(
  { incidentStore }: DetectionDependencies,
  scope: ProjectScope,
  toMs: number,
): Promise<readonly Incident[]> {
  const range = { fromMs: toMs - INCIDENTS_MS, toMs };
  return (await incidentStore.list(scope, { range }, { limit: INCIDENTS_MAX })).items;
}

/** Goes on with the series that have a state, and returns those that have to begin anew. */
async function continueSeries(run: Run): Promise<readonly MetricLine[]> {
  const { deps, scope, plan, points } = run;
  const steps = points.lines.map((line) => ({ line, step: stepOf(plan, line, METHOD) }));
  const anew = steps.flatMap(({ line, step }) => (step.kind === 'anew' ? [line] : []));
  const going = steps.flatMap(({ line, step }) =>
    step.kind === 'continue' ? [{ line, fromMs: step.fromMs }] : [],
  );
  for (let from = 0; from < going.length; from += SERIES_AT_ONCE) {
    const some = going.slice(from, from + SERIES_AT_ONCE);
    const states = await deps.anomalies.loadStates(
      scope,
      some.map(({ line }) => line),
    );
    const byKey = new Map(states.map((state) => [seriesKeyText(state), state]));
    const judgements: SeriesJudgement[] = [];
    for (const { line, fromMs } of some) {
      const known = byKey.get(seriesKeyText(line));
      // Another run was faster.
      if (known?.judgedToMs !== fromMs) continue;
      const fresh = { ...line, points: line.points.filter(({ atMs }) => atMs >= fromMs) };
      const judgement = await judge(run, fresh, {
        judgeFromMs: fromMs,
        expectedToMs: fromMs,
        resumeFrom: known.state,
      });
      if (judgement === undefined) anew.push(line);
      else judgements.push(judgement);
      // Each takes about a millisecond, too little to pause by itself.
      await nextTurn();
    }
    await keep(run, judgements);
  }
  return anew;
}

async function beginSeries(run: Run, series: readonly MetricLine[]): Promise<void> {
  const { deps, scope, plan, points } = run;
  for await (const line of readHistory(deps, scope, series, points, plan)) {
    const expectedToMs = plan.progress.get(seriesKeyText(line))?.judgedToMs;
    const judgement = await judge(run, line, {
      judgeFromMs: Math.max(expectedToMs ?? -Infinity, plan.judgeAnewFromMs),
      ...(expectedToMs !== undefined && { expectedToMs }),
    });
    if (judgement === undefined) continue;
    await keep(run, [judgement]);
    run.done.begun += 1;
  }
}

/** Undefined where the state cannot be gone on from. */
async function judge(
  { plan, incidents, labels, signal, deps, scope }: Run,
  line: MetricLine,
  from: Pick<SeriesToDetect, 'judgeFromMs' | 'expectedToMs' | 'resumeFrom'>,
): Promise<SeriesJudgement | undefined> {
  const own = labels.filter((label) => isLabelOf(label, line));
  const leaveOut: readonly TimeRange[] = [
    ...rangesToLeaveOut(incidents, line.serviceName, INCIDENT_LEAD_MS),
    ...missedRanges(own),
  ];
  const series = { line, toMs: plan.range.toMs, leaveOut, labels: own, ...from };
  try {
    return await inTurns(detectInSeries(series), signal);
  } catch (error) {
    if (!(error instanceof DetectorStateError)) throw error;
    deps.logger.warn(
      { err: error, project_id: scope.projectId, metric_name: line.metricName },
      'the state of a series cannot be gone on from, it begins anew from its history',
    );
    return undefined;
  }
}

async function keep({ deps, scope, points, signal, done }: Run, judgements: readonly SeriesJudgement[]) {
  signal.throwIfAborted();
  const named = judgements.map((judgement) => withTemplate(judgement, points));
  const saved = await deps.anomalies.save(scope, named);
  const found = named.reduce((sum, { anomalies }) => sum + anomalies.length, 0);
  done.series += named.length;
  done.anomalies += found;
  done.learning += named.filter(({ learning }) => learning).length;
  deps.counters.series.inc(named.length);
  deps.counters.states.inc(saved);
  deps.counters.anomalies.inc(found);
}

const TEMPLATE_CHARS = 200;

/** The id of a log pattern tells people nothing: its anomalies say what the pattern says. */
function withTemplate(judgement: SeriesJudgement, { patterns }: NewPoints): SeriesJudgement {
  const pattern = patterns.get(seriesKeyText(judgement.after));
  if (pattern === undefined) return judgement;
  const template = pattern.template.slice(0, TEMPLATE_CHARS);
  return {
    ...judgement,
    anomalies: judgement.anomalies.map((anomaly) =>
      anomaly.why === '' ? anomaly : { ...anomaly, why: `“${template}” a minute: ${anomaly.why}` },
    ),
  };
}
