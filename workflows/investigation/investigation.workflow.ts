import {
  type ActivityOptions,
  CancellationScope,
  defineQuery,
  isCancellation,
  patched,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { toIso } from '../../libs/core/src/common/time-range';
import type { InvestigationGap } from '../../libs/core/src/investigation/investigation';
import {
  GATHER_OPTIONS,
  INVESTIGATION_OPTIONS,
  TIMELINE_OPTIONS,
  modelOptions,
} from '../shared/activity-options';
import { reasonOf } from '../shared/reason-of';
import { gatherQueueOf, modelQueueOf } from '../shared/task-queue.contract';
import {
  type Gathered,
  INVESTIGATION_PROGRESS_QUERY,
  type InvestigationActivities,
  type InvestigationInput,
  type InvestigationPlan,
  type InvestigationProgress,
  type InvestigationStep,
  type ModelSummary,
  type ScopedInvestigation,
} from './investigation.contract';

const { createInvestigation, rankCauses, finishInvestigation } =
  proxyActivities<InvestigationActivities>(INVESTIGATION_OPTIONS);
const { closeInvestigation } = proxyActivities<InvestigationActivities>(TIMELINE_OPTIONS);

const progressQuery = defineQuery<InvestigationProgress>(INVESTIGATION_PROGRESS_QUERY);

/**
 * Looks into an incident: scope, gather in parallel, rank, let a model write where there is one, verify and write. What
 * cannot be read becomes a gap in the report. However it ends, its status and the timeline say so.
 */
export async function investigation(input: InvestigationInput): Promise<{ readonly headline: string }> {
  const progress = new Progress();
  setHandler(progressQuery, () => progress.view());
  try {
    return await investigate(input, progress);
  } catch (error) {
    const [status, reason] = isCancellation(error)
      ? (['cancelled', 'cancelled by a person'] as const)
      : (['failed', reasonOf(error)] as const);
    await CancellationScope.nonCancellable(() => closeInvestigation(input, status, reason));
    throw error;
  }
}

/** What asks the stores of records and samples waits in a queue of its own. */
function gatheringActivities(options: ActivityOptions): InvestigationActivities {
  return proxyActivities<InvestigationActivities>({
    ...options,
    taskQueue: gatherQueueOf(workflowInfo().taskQueue),
  });
}

async function investigate(input: InvestigationInput, progress: Progress) {
  progress.enter('create');
  const plan = await createInvestigation(input);
  progress.enter('scope');
  const scope = await gatheringActivities(INVESTIGATION_OPTIONS).scopeInvestigation(input);
  const scoped: ScopedInvestigation = { ...input, scope };
  progress.enter('gather');
  await gatherAll(scoped, progress);
  progress.enter('rank');
  await rankCauses({ ...scoped, unavailable: progress.gaps.map((gap) => gap.what) });
  const modelSummary = await askModel(input, plan, progress);
  progress.enter('write');
  const request = { ...scoped, gaps: progress.gaps };
  // What has been found is written down, even where somebody cancels now.
  const result = await CancellationScope.nonCancellable(() =>
    finishInvestigation(modelSummary === undefined ? request : { ...request, modelSummary }),
  );
  progress.enter('done');
  return result;
}

async function gatherAll(scoped: ScopedInvestigation, progress: Progress): Promise<void> {
  const { gatherAlerts, gatherPatterns, gatherMetrics, gatherChanges, gatherErrors, gatherEdges } =
    gatheringActivities(GATHER_OPTIONS);
  await Promise.all([
    gatherOne('Alerts', () => gatherAlerts(scoped), progress),
    gatherOne('Log patterns', () => gatherPatterns(scoped), progress),
    gatherOne('Metrics', () => gatherMetrics(scoped), progress),
    gatherOne('Change events', () => gatherChanges(scoped), progress),
    gatherOne('Errors by service', () => gatherErrors(scoped), progress),
    // Investigations that were under way when this came go on without it.
    ...(patched('service-edges') ? [gatherOne('Service edges', () => gatherEdges(scoped), progress)] : []),
  ]);
}

/** One step that fails takes nothing from the others. */
async function gatherOne(what: string, run: () => Promise<Gathered>, progress: Progress): Promise<void> {
  try {
    const { evidence, cutBecause } = await run();
    progress.gathered.push({ what, evidence });
    if (cutBecause !== undefined)
      progress.gaps.push({ what: `All of ${what.toLowerCase()}`, reason: cutBecause });
  } catch (error) {
    if (isCancellation(error)) throw error;
    progress.gaps.push({ what, reason: reasonOf(error) });
  }
}

async function askModel(
  input: InvestigationInput,
  plan: InvestigationPlan,
  progress: Progress,
): Promise<ModelSummary | undefined> {
  if (plan.model === undefined) return undefined;
  progress.enter('ask_model');
  try {
    const model = proxyActivities<InvestigationActivities>({
      ...modelOptions(plan.model.timeoutMs),
      taskQueue: modelQueueOf(workflowInfo().taskQueue),
    });
    return await model.askModel(input);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { outcome: 'unusable', note: `the model gave no answer: ${reasonOf(error)}` };
  }
}

class Progress {
  readonly gathered: { what: string; evidence: number }[] = [];
  readonly gaps: InvestigationGap[] = [];
  private readonly steps: { step: InvestigationStep; startedAt: string }[] = [];

  enter(step: InvestigationStep): void {
    this.steps.push({ step, startedAt: toIso(Date.now()) });
  }

  view(): InvestigationProgress {
    const { step, startedAt } = this.steps.at(-1) ?? { step: 'create', startedAt: toIso(Date.now()) };
    return { step, startedAt, steps: this.steps, gathered: this.gathered, gaps: this.gaps };
  }
}
