import { createHash } from 'node:crypto';
import { LOG_LEVELS, type LogLevel } from '../../../core/src/logs/log-level';
import type { ProjectId } from '../../../core/src/common/ids';

/** Parts of a day that keys tell apart. */
export const SLOT_SECONDS = 10;
/** Of one day. */
export const SLOTS_PER_LEVEL = 86_400 / SLOT_SECONDS;
/**
 * Of a hash of the project: so many that keys stay below 2^53, as OpenSearch takes the bounds of ranges for doubles. Two of a
 * thousand projects have the same in one installation of 270,000, and would be counted together.
 */
const PROJECT_BITS = 37;

/**
 * A project, a level and a slot of the day as one number, in which the slots of a level follow each other: the records of a
 * level and a time are a range of numbers, which OpenSearch counts in its index without going through the records.
 */
export function countKey(projectId: ProjectId, level: LogLevel, secondOfDay: number): number {
  const place = LOG_LEVELS.indexOf(level) * SLOTS_PER_LEVEL + Math.floor(secondOfDay / SLOT_SECONDS);
  return firstCountKey(projectId) + place;
}

/** Its first key: that of the first slot of the least severe level. Documents get theirs in libs/kernel/assembly/modules/bulk-lines.ts. */
export function firstCountKey(projectId: string): number {
  const hash = createHash('sha256').update(projectId).digest();
  return Math.floor(hash.readUIntBE(0, 6) / 2 ** (48 - PROJECT_BITS)) * LOG_LEVELS.length * SLOTS_PER_LEVEL;
}
