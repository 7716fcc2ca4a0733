import {
  clusterMessages,
  type MessageCluster,
  type MessageToCluster,
} from '../../../core/src/logs/cluster-messages';
import {
  type LearnedTemplates,
  learnTemplates,
  type LearnRequest,
} from '../../../core/src/logs/learn-templates';

/** What a mining thread is asked; plain data, so that it can be sent to it. */
export type MiningTask =
  | { readonly kind: 'cluster'; readonly messages: readonly MessageToCluster[] }
  | { readonly kind: 'learn'; readonly request: LearnRequest };

export type MiningAnswer =
  | { readonly kind: 'cluster'; readonly clusters: readonly MessageCluster[] }
  | { readonly kind: 'learn'; readonly learned: LearnedTemplates };

export function runMiningTask(task: MiningTask): MiningAnswer {
  return task.kind === 'cluster'
    ? { kind: 'cluster', clusters: clusterMessages(task.messages) }
    : { kind: 'learn', learned: learnTemplates(task.request) };
}
