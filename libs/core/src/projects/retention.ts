import type { ProjectId } from '../common/ids';

/** What is kept for a number of days and then deleted. */
export const RETAINED = ['logs', 'metrics'] as const;
export type Retained = (typeof RETAINED)[number];

/** Whole days that records are kept after their own UTC day; 0 keeps them for ever. */
export type Retention = Readonly<Record<Retained, number>>;

/** Instants (epoch milliseconds) before which records may be deleted, by project. A project that is not there keeps all. */
export type AgeLimits = ReadonlyMap<ProjectId, number>;

/** The limits as they are now. Asked again right before a day is dropped, so that who has raised one meanwhile loses nothing more. */
export type ReadLimits = () => Promise<AgeLimits>;

/** Asked after each portion, with how many records it deleted: whether to go on. */
export type GoOn = (deleted: number) => Promise<boolean>;
export const always: GoOn = () => Promise.resolve(true);

/** A day that was dropped as a whole, or what else an engine keeps together. */
export interface DroppedDay {
  /** Its end (epoch milliseconds), which is not part of it. */
  readonly endMs: number;
  /** Records in it, as far as the engine knows without reading them. */
  readonly records: number;
}

export type OnDropped = (day: DroppedDay) => void;

/** A project, as far as retention goes. */
export interface RetainingProject {
  readonly id: ProjectId;
  /** Where it differs from the installation. */
  readonly retention?: Partial<Retention>;
}

const DAY_MS = 86_400_000;

/** The project's own number of days where it has one, the installation's elsewhere. */
export function retentionOf(
  { retention }: Pick<RetainingProject, 'retention'>,
  defaults: Retention,
): Retention {
  return { logs: retention?.logs ?? defaults.logs, metrics: retention?.metrics ?? defaults.metrics };
}

/**
 * The instant from which records are kept: the beginning of a UTC day, so that days can be dropped as a whole, and so that every
 * record is kept for at least so many days. Undefined for 0, which keeps all.
 */
export function keptFromMs(days: number, nowMs: number): number | undefined {
  return days === 0 ? undefined : Math.floor(nowMs / DAY_MS) * DAY_MS - days * DAY_MS;
}

/**
 * The instant from which a run counts ages: the scheduled one, or a day after that of the run before. What is deleted does not come back,
 * and a clock that was put forward cannot be told from a time in which nothing ran: so a month ahead costs a day of records
 * an hour instead of all of them at once, and what aged in a month without runs goes within thirty hours.
 */
export function retentionInstant(scheduledMs: number, previousMs: number | undefined): number {
  return Math.min(scheduledMs, (previousMs ?? scheduledMs) + DAY_MS);
}

export function ageLimits(
  projects: readonly RetainingProject[],
  retained: Retained,
  defaults: Retention,
  nowMs: number,
): AgeLimits {
  const limits = new Map<ProjectId, number>();
  for (const project of projects) {
    const fromMs = keptFromMs(retentionOf(project, defaults)[retained], nowMs);
    if (fromMs !== undefined) limits.set(project.id, fromMs);
  }
  return limits;
}

/** Instants (epoch milliseconds) since which a project keeps records of each kind. All of those that are not there. */
export type KeptSince = Readonly<Partial<Record<Retained | 'changeEvents', number>>>;

export function keptSince(
  project: Pick<RetainingProject, 'retention'>,
  defaults: Retention,
  nowMs: number,
): KeptSince {
  const days = retentionOf(project, defaults);
  return Object.fromEntries(
    RETAINED.flatMap((retained) => {
      const fromMs = keptFromMs(days[retained], nowMs);
      return fromMs === undefined ? [] : [[retained, fromMs]];
    }),
  );
}

/** The latest end of a day that may be dropped; undefined where everybody keeps everything. */
export function latestLimit(limits: AgeLimits): number | undefined {
  let latest: number | undefined;
  for (const limit of limits.values()) latest = Math.max(limit, latest ?? limit);
  return latest;
}

/** The projects for which a day with that end has aged. */
export function projectsAged(limits: AgeLimits, dayEndMs: number): readonly ProjectId[] {
  return [...limits].flatMap(([id, limit]) => (dayEndMs <= limit ? [id] : []));
}

/** Whether a day may be dropped: it has aged for each project that has records in it, and for some project. */
export function mayDropDay(
  dayEndMs: number,
  projectsThere: readonly ProjectId[],
  limits: AgeLimits,
): boolean {
  const latest = latestLimit(limits);
  if (latest === undefined || dayEndMs > latest) return false;
  return projectsThere.every((id) => dayEndMs <= (limits.get(id) ?? Number.NEGATIVE_INFINITY));
}
