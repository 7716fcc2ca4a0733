const MB = 2 ** 20;
const MIN_MB = 128;
const MAX_MB = 2048;

/**
 * PostgreSQL's shared_buffers for a machine, or a container, with so much memory: an eighth of it. The index of words is
 * written all over, and what of it does not fit is read and written again and again: with 2.7 million records, storing
 * another million takes 80 s of CPU at 2 GB and 105 s at 256 MB (measured). It takes memory only as data fills it.
 */
export function sharedBuffers(memoryBytes: number): string {
  return `${Math.min(MAX_MB, Math.max(MIN_MB, Math.floor(memoryBytes / 8 / MB)))}MB`;
}
