const MB = 2 ** 20;
const MIN_MB = 1024;
const MAX_MB = 16 * 1024;

/**
 * PostgreSQL's max_wal_size where so much of the disk is free: half of it. At half of this size there is a checkpoint: all pages
 * that were changed since the last one are written, and each is logged whole when it is changed next. Records change the pages of
 * their indexes all over, so what a checkpoint costs grows with the indexes, and the fewer there are, the better.
 */
export function maxWalSize(freeBytes: number): string {
  return `${Math.min(MAX_MB, Math.max(MIN_MB, Math.floor(freeBytes / 2 / MB)))}MB`;
}
