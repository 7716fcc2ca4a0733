import type { CauseKind, ChangeInput } from './root-cause';

const KIND_WEIGHT: Readonly<Record<ChangeInput['kind'], number>> = {
  deploy: 1,
  config: 1,
  flag: 1,
  scale: 0.7,
  other: 0.5,
};
/** A suspicion that halves every so often: most changes that break something do so within minutes. */
const HALF_LIFE_MS = 8 * 60_000;
/** An onset may be told too early by a sampling interval, and a deploy when it is done; what came after both is more likely the remedy. */
const HALF_LIFE_AFTER_MS = 10_000;
/** What was changed longer before is not suspected. */
export const MAX_CHANGE_LAG_MS = 2 * 3_600_000;

export interface WeighedChange {
  readonly change: ChangeInput;
  /** 0 to 1. */
  readonly suspicion: number;
  /** From the change to the first departure of its service; negative where it came after that. */
  readonly lagMs: number;
}

/**
 * The change of a service that best explains its first departure: made before it (or within the tolerance, as onsets are only known to the
 * sampling interval), and not long before.
 */
export function weighChanges(
  changes: readonly ChangeInput[],
  onsetMs: number,
  toleranceMs: number,
): WeighedChange | undefined {
  let best: WeighedChange | undefined;
  for (const change of changes) {
    const lagMs = onsetMs - change.atMs;
    if (!(lagMs >= -toleranceMs) || lagMs > MAX_CHANGE_LAG_MS) continue;
    const suspicion =
      KIND_WEIGHT[change.kind] * 0.5 ** (lagMs < 0 ? -lagMs / HALF_LIFE_AFTER_MS : lagMs / HALF_LIFE_MS);
    const isBetter =
      best === undefined ||
      suspicion > best.suspicion ||
      (suspicion === best.suspicion && change.ref < best.change.ref);
    if (isBetter) best = { change, suspicion, lagMs };
  }
  return best;
}

export function causeKindOfChange(kind: ChangeInput['kind']): CauseKind {
  return kind === 'other' ? 'change' : kind;
}
