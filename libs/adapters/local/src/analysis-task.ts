import { rankRootCauses } from '../../../analysis/src/rank-root-causes';
import type { RootCauseInput, RootCauseRanking } from '../../../analysis/src/root-cause';
import { clusterMessages, type MessageCluster } from '../../../core/src/logs/cluster-messages';
import {
  type LearnedTemplates,
  learnTemplates,
  type LearnRequest,
} from '../../../core/src/logs/learn-templates';

/** What a thread is asked; plain data, so that it can be sent to it. */
export type AnalysisTask =
  | { readonly kind: 'cluster'; readonly messages: readonly string[] }
  | { readonly kind: 'learn'; readonly request: LearnRequest }
  | { readonly kind: 'rank'; readonly input: RootCauseInput };

export type AnalysisAnswer =
  | { readonly kind: 'cluster'; readonly clusters: readonly MessageCluster[] }
  | { readonly kind: 'learn'; readonly learned: LearnedTemplates }
  | { readonly kind: 'rank'; readonly ranking: RootCauseRanking };

export function runAnalysisTask(task: AnalysisTask): AnalysisAnswer {
  switch (task.kind) {
    case 'cluster':
      return { kind: 'cluster', clusters: clusterMessages(task.messages) };
    case 'learn':
      return { kind: 'learn', learned: learnTemplates(task.request) };
    case 'rank':
      return { kind: 'rank', ranking: rankRootCauses(task.input) };
  }
}
