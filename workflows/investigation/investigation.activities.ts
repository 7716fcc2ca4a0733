import { cancellationSignal } from '@temporalio/activity';
import { parseModelSummary } from '../../libs/contracts/src/model-summary.message';
import { asId, type TimelineEventId } from '../../libs/core/src/common/ids';
import { uuidOfName } from '../../libs/core/src/common/name-uuid';
import type { TimelineEventBody } from '../../libs/core/src/incidents/timeline-event';
import {
  chooseBucketSeconds,
  chooseScope,
  trimBaseline,
} from '../../libs/core/src/investigation/choose-scope';
import type {
  Claim,
  Investigation,
  InvestigationReport,
  InvestigationScope,
} from '../../libs/core/src/investigation/investigation';
import type { LanguageModel } from '../../libs/core/src/investigation/language-model.port';
import { modelPrompt } from '../../libs/core/src/investigation/model-prompt';
import { plainText } from '../../libs/core/src/common/plain-text';
import { verifyCitations, withoutAddresses } from '../../libs/core/src/investigation/verify-citations';
import { headlineOf, writeReport } from '../../libs/core/src/investigation/write-report';
import { type ProjectScope, scopeOfProject } from '../../libs/core/src/projects/project-scope';
import { asActivities } from '../shared/activity-failure';
import { findInvestigation } from './find-investigation';
import { createGatherActivities } from './gather.activities';
import type {
  FinishRequest,
  InvestigationActivities,
  InvestigationInput,
  InvestigationPlan,
  ModelSummary,
} from './investigation.contract';
import type { InvestigationMetrics } from './investigation-metrics';
import { createRankActivities, type RankDependencies } from './rank.activities';
import { readAlerts } from './read-windows';

export interface InvestigationActivityDependencies extends RankDependencies {
  readonly languageModel: LanguageModel;
  readonly counters: InvestigationMetrics;
  readonly baselineMinutes: number;
  readonly modelTimeoutMs: number;
  readonly modelMaxOutputTokens: number;
}

const MAX_CLAIM = 600;
const TOP_CAUSES = 3;

export function createInvestigationActivities(
  deps: InvestigationActivityDependencies,
): InvestigationActivities {
  return asActivities({
    ...createGatherActivities(deps),
    ...createRankActivities(deps),
    createInvestigation: (input: InvestigationInput) => create(deps, input),
    scopeInvestigation: (input: InvestigationInput) => scopeOnce(deps, input),
    askModel: (input: InvestigationInput) => askModel(deps, input),
    finishInvestigation: (request: FinishRequest) => finish(deps, request),
    closeInvestigation: (input: InvestigationInput, status: 'failed' | 'cancelled', reason: string) =>
      close(deps, input, status, reason),
  });
}

async function create(
  deps: InvestigationActivityDependencies,
  input: InvestigationInput,
): Promise<InvestigationPlan> {
  const { investigationId, projectId, incidentId, requestedBy } = input;
  await deps.investigationStore.create(scopeOfProject(projectId), {
    id: investigationId,
    projectId,
    incidentId,
    status: 'running',
    requestedBy,
    startedAtMs: deps.clock.now(),
  });
  await tellTimeline(deps, input, 'started', { kind: 'investigation_started', investigationId });
  const name = deps.languageModel.name;
  return name === undefined ? {} : { model: { name, timeoutMs: deps.modelTimeoutMs } };
}

async function scopeOnce(
  deps: InvestigationActivityDependencies,
  input: InvestigationInput,
): Promise<InvestigationScope> {
  const project = scopeOfProject(input.projectId);
  const investigation = await findInvestigation(deps.investigationStore, project, input.investigationId);
  if (investigation.scope !== undefined) return investigation.scope;
  const { alerts } = await readAlerts(deps, project, input.incidentId);
  const incident = await deps.incidentStore.find(project, input.incidentId);
  const chosen = chooseScope(
    alerts.map(({ transition, rule }) => ({ ...transition, windowSeconds: rule?.windowSeconds ?? 60 })),
    incident?.resolvedAtMs ?? deps.clock.now(),
    deps.baselineMinutes,
  );
  const scope = trimBaseline(chosen, await firstDataAtMs(deps, project, chosen));
  await deps.investigationStore.update(project, { ...investigation, scope });
  return scope;
}

/** Undefined where the baseline has no record, or a store does not answer: then the baseline stays as chosen. */
async function firstDataAtMs(
  deps: InvestigationActivityDependencies,
  project: ProjectScope,
  { baseline }: InvestigationScope,
): Promise<number | undefined> {
  try {
    const { items } = await deps.logStore.search(project, { range: baseline, limit: 1, order: 'asc' });
    const [first] = items;
    if (first === undefined) return undefined;
    const recordAtMs = Date.parse(first.timestamp);
    const before = { fromMs: baseline.fromMs, toMs: Math.max(recordAtMs, baseline.fromMs + 1) };
    // What logs nothing but trouble may have sent samples all the time.
    const lines = await deps.metricStore.sweep(
      project,
      before,
      chooseBucketSeconds(before),
      deps.limits.maxSeries,
    );
    return Math.min(recordAtMs, ...lines.flatMap(({ points }) => points[0]?.atMs ?? []));
  } catch {
    return undefined;
  }
}

async function askModel(
  deps: InvestigationActivityDependencies,
  input: InvestigationInput,
): Promise<ModelSummary> {
  const project = scopeOfProject(input.projectId);
  const { report } = await findInvestigation(deps.investigationStore, project, input.investigationId);
  const evidence = await deps.investigationStore.listEvidence(project, input.investigationId);
  const answer = await deps.languageModel.complete(
    {
      ...modelPrompt(report?.ranking ?? [], evidence),
      maxOutputTokens: deps.modelMaxOutputTokens,
      timeoutMs: deps.modelTimeoutMs,
    },
    cancellationSignal(),
  );
  const claims = parseModelSummary(answer.text);
  if (claims === undefined) {
    return { outcome: 'unusable', note: 'the model did not answer in the form that was asked for' };
  }
  return { outcome: 'written', model: answer.model, claims };
}

async function finish(deps: InvestigationActivityDependencies, request: FinishRequest) {
  const project = scopeOfProject(request.projectId);
  const { investigationStore, clock, counters } = deps;
  const investigation = await findInvestigation(investigationStore, project, request.investigationId);
  if (investigation.report === undefined) throw new Error('the investigation has no ranking to report');
  const { ranking } = investigation.report;
  const evidence = await investigationStore.listEvidence(project, request.investigationId);
  const known = new Set(evidence.map((item) => item.label));
  const report: InvestigationReport = {
    ...investigation.report,
    ...summaryOf(request.modelSummary, writeReport(ranking, evidence, request.gaps), known),
    ...(request.gaps.length === 0 ? {} : { gaps: request.gaps }),
  };
  const finished: Investigation = { ...investigation, status: 'finished', finishedAtMs: clock.now(), report };
  await investigationStore.update(project, finished);
  counters.ended.inc({ status: 'finished' });
  counters.seconds.observe((clock.now() - finished.startedAtMs) / 1000);
  const headline = headlineOf(ranking, evidence);
  const topCauses = ranking
    .slice(0, TOP_CAUSES)
    .map(({ serviceName, signal, causeKind, score }) => ({ serviceName, signal, causeKind, score }));
  await tellTimeline(deps, request, 'finished', {
    kind: 'investigation_finished',
    investigationId: request.investigationId,
    summary: headline,
    topCauses,
  });
  return { headline };
}

/** The model's sentences where they are usable, else the statistical ones with a note of why. */
function summaryOf(
  model: ModelSummary | undefined,
  statistical: readonly Claim[],
  known: ReadonlySet<string>,
): Pick<InvestigationReport, 'summary' | 'writtenBy' | 'model' | 'modelNote'> {
  if (model === undefined) return { summary: statistical, writtenBy: 'statistics' };
  if (model.outcome === 'unusable') {
    return { summary: statistical, writtenBy: 'statistics', modelNote: model.note };
  }
  const written = model.claims.map(({ text, cites }) => ({
    text: withoutAddresses(plainText(text, MAX_CLAIM)),
    cites,
  }));
  const verified = verifyCitations(written, known);
  if (verified.every((claim) => claim.conjecture)) {
    const modelNote = 'the model cited no evidence that exists';
    return { summary: statistical, writtenBy: 'statistics', modelNote };
  }
  return { summary: verified, writtenBy: 'model', model: model.model };
}

async function close(
  deps: InvestigationActivityDependencies,
  input: InvestigationInput,
  status: 'failed' | 'cancelled',
  reason: string,
): Promise<void> {
  const project = scopeOfProject(input.projectId);
  const investigation = await deps.investigationStore.find(project, input.investigationId);
  // Nothing to close where it could not even be created, or has its report already.
  if (investigation === undefined || investigation.status === 'finished') return;
  await deps.investigationStore.update(project, {
    ...investigation,
    status,
    finishedAtMs: deps.clock.now(),
    failure: reason,
  });
  deps.counters.ended.inc({ status });
  const { investigationId } = input;
  await tellTimeline(deps, input, 'failed', { kind: 'investigation_failed', investigationId, reason });
}

async function tellTimeline(
  deps: InvestigationActivityDependencies,
  input: InvestigationInput,
  what: 'started' | 'finished' | 'failed',
  body: TimelineEventBody,
): Promise<void> {
  const id = asId<TimelineEventId>(uuidOfName(`investigation:${input.investigationId}:${what}`));
  const event = { id, atMs: deps.clock.now(), actor: { kind: 'opspilot' } as const, body };
  await deps.incidentStore.append(scopeOfProject(input.projectId), input.incidentId, [event]);
}
