import { TemplateMiner } from '../../../analysis/src/mine-templates';

export interface MessageCluster {
  readonly id: string;
  readonly pattern: string;
  readonly count: number;
  /** Places of its messages in the input, ascending. */
  readonly members: readonly number[];
}

/** Messages and templates are few here; bounds for what a request can make. */
const BOUNDS = { maxLeaves: 2000, maxSketches: 4000 };

/** The messages by template, the largest cluster first, equal ones in order of appearance. Every message is in one cluster. */
export function clusterMessages(messages: readonly string[]): readonly MessageCluster[] {
  const miner = new TemplateMiner(BOUNDS);
  const leafIds = messages.map((message) => miner.note(message));
  const members = new Map<string, number[]>();
  leafIds.forEach((leafId, index) => {
    const id = miner.resolve(leafId) ?? leafId;
    const known = members.get(id);
    if (known === undefined) members.set(id, [index]);
    else known.push(index);
  });
  const templates = new Map(miner.templates().map(({ id, text }) => [id, text]));
  return [...members]
    .map(([id, indices]) => ({
      id,
      pattern: templates.get(id) ?? messages[indices[0] ?? 0] ?? '',
      count: indices.length,
      members: indices,
    }))
    .sort((one, other) => other.count - one.count || (one.members[0] ?? 0) - (other.members[0] ?? 0));
}
