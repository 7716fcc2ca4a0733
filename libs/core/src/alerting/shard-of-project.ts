import type { ProjectId } from '../common/ids';

/**
 * Which of `shards` a project belongs to, from 0: 32-bit FNV-1a over the UTF-16 units of its id, the same on every machine.
 * Cursors are kept per project, so a change of the number of shards loses nothing.
 */
export function shardOfProject(projectId: ProjectId, shards: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < projectId.length; index++) {
    hash = Math.imul(hash ^ projectId.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % shards;
}
