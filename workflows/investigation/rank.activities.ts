import { cancellationSignal } from '@temporalio/activity';
import type { Contribution } from '../../libs/analysis/src/root-cause';
import type { CauseRanking } from '../../libs/core/src/investigation/cause-ranking.port';
import { describeChange, toChangeInput } from '../../libs/core/src/investigation/describe-changes';
import {
  describeEdge,
  edgeOfContribution,
  edgeRef,
  toEdgeInputs,
} from '../../libs/core/src/investigation/describe-edges';
import { describeMetric } from '../../libs/core/src/investigation/describe-metrics';
import { describePattern } from '../../libs/core/src/investigation/describe-patterns';
import { type EvidenceDraft, labelsByRef } from '../../libs/core/src/investigation/evidence-draft';
import { symptomOfAlerts } from '../../libs/core/src/investigation/symptom-of-alerts';
import { refsOfRanking, toHypotheses } from '../../libs/core/src/investigation/to-hypotheses';
import { scopeOfProject } from '../../libs/core/src/projects/project-scope';
import { type GatherDependencies, keep } from './gather.activities';
import { findInvestigation } from './find-investigation';
import type { InvestigationActivities, ScopedInvestigation } from './investigation.contract';
import { readAlerts, readChanges, readEdges, readPatterns, readSeries } from './read-windows';

export interface RankDependencies extends GatherDependencies {
  readonly causeRanking: CauseRanking;
}

type RankActivities = Pick<InvestigationActivities, 'rankCauses'>;

/** Reads the windows again, so that what is ranked never has to travel through a workflow's history. */
export function createRankActivities(deps: RankDependencies): RankActivities {
  return {
    async rankCauses(input) {
      const project = scopeOfProject(input.projectId);
      const observed = await observe(deps, input, new Set(input.unavailable));
      const ranking = await deps.causeRanking.rank(
        { ...input.scope, ...observed.input },
        cancellationSignal(),
      );

      const kept = labelsByRef(await deps.investigationStore.listEvidence(project, input.investigationId));
      const missing = refsOfRanking(ranking).flatMap((ref) =>
        kept.has(ref) ? [] : (observed.draftOf(ref) ?? []),
      );
      await keep(deps, input, 'ranking', missing);

      const evidence = await deps.investigationStore.listEvidence(project, input.investigationId);
      const labels = labelsByRef(evidence);
      const hypotheses = toHypotheses(ranking, labels, (serviceName, contribution) => {
        const edge = observed.edgeOf(serviceName, contribution);
        return edge === undefined ? undefined : labels.get(edgeRef(edge.caller, edge.callee));
      });
      const investigation = await findInvestigation(deps.investigationStore, project, input.investigationId);
      await deps.investigationStore.update(project, {
        ...investigation,
        report: {
          summary: [],
          ranking: hypotheses,
          writtenBy: 'statistics',
          algorithm: ranking.algorithm,
          algorithmVersion: ranking.version,
        },
      });
      return { causes: hypotheses.length };
    },
  };
}

/** What the ranking takes, and how to describe each piece of it. What a gather step could not read is not asked for again. */
async function observe(
  deps: GatherDependencies,
  input: ScopedInvestigation,
  unavailable: ReadonlySet<string>,
) {
  const project = scopeOfProject(input.projectId);
  const { scope } = input;
  const [{ alerts }, { patterns }, { series, bucketSeconds }, { changes }, { edges }] = await Promise.all([
    readAlerts(deps, project, input.incidentId),
    unavailable.has('Log patterns') ? { patterns: [] } : readPatterns(deps, project, scope),
    unavailable.has('Metrics') ? { series: [], bucketSeconds: 60 } : readSeries(deps, project, scope),
    unavailable.has('Change events') ? { changes: [] } : readChanges(deps, project, scope),
    unavailable.has('Service edges') ? { edges: [] } : readEdges(deps, project, scope),
  ]);
  const noticed = symptomOfAlerts(alerts);
  const drafts = new Map<string, () => EvidenceDraft>([
    ...patterns.map((item) => [item.ref, () => describePattern(item, scope)] as const),
    ...series.map(
      (item) => [item.ref, () => describeMetric(item, scope, bucketSeconds, noticed.alertedMetrics)] as const,
    ),
    ...edges.map((item) => [edgeRef(item.caller, item.callee), () => describeEdge(item, scope)] as const),
    ...changes.map((item) => [toChangeInput(item).ref, () => describeChange(item)] as const),
  ]);
  const serviceOfRef = new Map([...patterns, ...series].map(({ ref, serviceName }) => [ref, serviceName]));
  return {
    input: {
      ...noticed,
      patterns,
      series,
      changes: changes.map(toChangeInput),
      edges: toEdgeInputs(edges),
    },
    edgeOf: (serviceName: string, contribution: Contribution) =>
      edgeOfContribution(edges, serviceName, contribution, serviceOfRef),
    draftOf: (ref: string): EvidenceDraft | undefined => drafts.get(ref)?.(),
  };
}
