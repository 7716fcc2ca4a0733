import { createHash } from 'node:crypto';
import { LOG_LEVELS, type LogLevel } from '../../../core/src/logs/log-level';
import type { ProjectId } from '../../../core/src/common/ids';
import { viewOf } from './line-reader';

/** Parts of a day that keys tell apart. */
export const SLOT_SECONDS = 10;
const SLOTS = 86_400 / SLOT_SECONDS;
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
  return firstKeyOf(projectId) + placeOf(LOG_LEVELS.indexOf(level), secondOfDay);
}

/** The keys of one project as text: a batch asks for few of them thousands of times. */
export class CountKeys {
  private readonly first: number;
  private readonly known = new Map<number, DataView>();

  constructor(projectId: string) {
    this.first = firstKeyOf(projectId);
  }

  of(levelRank: number, secondOfDay: number): DataView {
    const place = placeOf(levelRank, secondOfDay);
    const known = this.known.get(place);
    if (known !== undefined) return known;
    const key = viewOf(String(this.first + place));
    this.known.set(place, key);
    return key;
  }
}

function placeOf(levelRank: number, secondOfDay: number): number {
  return levelRank * SLOTS + Math.floor(secondOfDay / SLOT_SECONDS);
}

function firstKeyOf(projectId: string): number {
  const hash = createHash('sha256').update(projectId).digest();
  return Math.floor(hash.readUIntBE(0, 6) / 2 ** (48 - PROJECT_BITS)) * LOG_LEVELS.length * SLOTS;
}
