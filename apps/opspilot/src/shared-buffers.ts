const MB = 2 ** 20;
const MIN_MB = 128;
const MAX_MB = 8192;

/**
 * PostgreSQL's shared_buffers for a machine, or a container, with so much memory: a quarter of it, as PostgreSQL's manual advises.
 * Indexes of records are written all over, and what of them does not fit is read and written again and again. It takes memory only
 * as data fills it.
 */
export function sharedBuffers(memoryBytes: number): string {
  return `${Math.min(MAX_MB, Math.max(MIN_MB, Math.floor(memoryBytes / 4 / MB)))}MB`;
}
