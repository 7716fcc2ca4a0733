import { z } from 'zod';
import type { MessageCluster } from '../../core/src/logs/cluster-messages';
import { field } from './common.contract';
import { algorithmField } from './log-patterns.contract';

const MAX_LOGS = 10_000;
const MAX_MESSAGE_CHARS = 262_144;

const log = z.object({
  message: field(z.string().max(MAX_MESSAGE_CHARS), 'What it says', 'Database connection failed'),
  level: field(z.string().max(40), 'Its level, given back as it is', 'ERROR').optional(),
});

export const aiClusterRequest = z.strictObject({
  logs: field(z.array(log).max(MAX_LOGS), `The messages to cluster, at most ${MAX_LOGS}`, [
    { message: 'Database connection failed', level: 'ERROR' },
  ]),
});

export const aiClusterResponse = z.object({
  algorithm: algorithmField,
  clusters: field(
    z.array(
      z.object({
        pattern: field(z.string(), 'What its messages have in common', 'user <num> failed'),
        count: field(z.int(), 'How many there are', 150),
        labels: field(z.array(z.string()), 'Predefined and own labels that apply to it', ['auth-failure']),
        logs: field(z.array(log), 'All of them, in the order in which they were sent', []),
      }),
    ),
    'The largest first; every message is in one',
    [],
  ),
});

export function toAiClusterResponse(
  algorithm: { readonly name: string; readonly version: number },
  logs: z.output<typeof aiClusterRequest>['logs'],
  clusters: readonly (MessageCluster & { readonly labels: readonly string[] })[],
) {
  return {
    algorithm,
    clusters: clusters.map(({ pattern, count, labels, members }) => ({
      pattern,
      count,
      labels: [...labels],
      logs: members.flatMap((index) => logs[index] ?? []),
    })),
  };
}
