import { cancellationSignal } from '@temporalio/activity';
import type { Clock } from '../../libs/core/src/common/clock';
import { describeAlert } from '../../libs/core/src/investigation/describe-alert';
import { describeChanges } from '../../libs/core/src/investigation/describe-changes';
import { describeEdges } from '../../libs/core/src/investigation/describe-edges';
import { describeErrors } from '../../libs/core/src/investigation/describe-errors';
import { symptomOfAlerts } from '../../libs/core/src/investigation/symptom-of-alerts';
import { describeMetrics } from '../../libs/core/src/investigation/describe-metrics';
import { describePatterns } from '../../libs/core/src/investigation/describe-patterns';
import { type EvidenceDraft, toEvidence } from '../../libs/core/src/investigation/evidence-draft';
import type { GatherStep } from '../../libs/core/src/investigation/evidence-label';
import type { InvestigationStore } from '../../libs/core/src/investigation/investigation-store.port';
import { scopeOfProject } from '../../libs/core/src/projects/project-scope';
import type { Gathered, InvestigationActivities, ScopedInvestigation } from './investigation.contract';
import {
  deriveLatestEdges,
  readAlerts,
  readChanges,
  readEdges,
  readErrors,
  readPatterns,
  readSeries,
  type WindowReaders,
} from './read-windows';

export interface GatherDependencies extends WindowReaders {
  readonly investigationStore: InvestigationStore;
  readonly clock: Clock;
}

type GatherActivities = Pick<
  InvestigationActivities,
  'gatherAlerts' | 'gatherPatterns' | 'gatherMetrics' | 'gatherChanges' | 'gatherErrors' | 'gatherEdges'
>;

/** The questions that every investigation asks. Each keeps its evidence, with the query, and returns only how much. */
export function createGatherActivities(deps: GatherDependencies): GatherActivities {
  return {
    async gatherAlerts(input) {
      const { alerts, total } = await readAlerts(deps, scopeOfProject(input.projectId), input.incidentId);
      const drafts = alerts.map(({ transition, rule }) =>
        describeAlert(transition, rule, input.incidentId, deps.evaluationDelayMs),
      );
      const cut = `only the first ${alerts.length} of ${total} were looked at`;
      return keep(deps, input, 'alerts', drafts, total > alerts.length ? cut : undefined);
    },

    async gatherPatterns(input) {
      const { patterns, wasCut } = await readPatterns(deps, scopeOfProject(input.projectId), input.scope);
      const cut = `there are more than ${deps.limits.maxPatterns}, the most frequent were compared`;
      return keep(deps, input, 'patterns', describePatterns(patterns, input.scope), wasCut ? cut : undefined);
    },

    async gatherMetrics(input) {
      const project = scopeOfProject(input.projectId);
      const read = await readSeries(deps, project, input.scope);
      const { alerts } = await readAlerts(deps, project, input.incidentId);
      const { alertedMetrics } = symptomOfAlerts(alerts);
      const drafts = describeMetrics(read.series, input.scope, read.bucketSeconds, alertedMetrics);
      const cut = `there are more series than the ${deps.limits.maxSeries} that were compared`;
      return keep(deps, input, 'metrics', drafts, read.wasCut ? cut : undefined);
    },

    async gatherChanges(input) {
      const { changes, wasCut } = await readChanges(deps, scopeOfProject(input.projectId), input.scope);
      const cut = `only the latest ${changes.length} were looked at`;
      return keep(deps, input, 'changes', describeChanges(changes, input.scope), wasCut ? cut : undefined);
    },

    async gatherErrors(input) {
      const { baseline, incident } = await readErrors(deps, scopeOfProject(input.projectId), input.scope);
      return keep(deps, input, 'errors', describeErrors(baseline, incident, input.scope));
    },

    async gatherEdges(input) {
      const project = scopeOfProject(input.projectId);
      await deriveLatestEdges(deps, project, input.scope, cancellationSignal());
      const { edges, wasCut } = await readEdges(deps, project, input.scope);
      const cut = `only the ${edges.length} most frequent were looked at`;
      return keep(deps, input, 'edges', describeEdges(edges, input.scope), wasCut ? cut : undefined);
    },
  };
}

/** Stores a step's evidence under its labels; doing so again changes nothing. */
export async function keep(
  deps: Pick<GatherDependencies, 'investigationStore' | 'clock'>,
  { projectId, investigationId }: ScopedInvestigation,
  step: GatherStep,
  drafts: readonly EvidenceDraft[],
  cutBecause?: string,
): Promise<Gathered> {
  const evidence = toEvidence(investigationId, step, drafts, deps.clock.now());
  await deps.investigationStore.addEvidence(scopeOfProject(projectId), evidence);
  return { evidence: evidence.length, ...(cutBecause === undefined ? {} : { cutBecause }) };
}
