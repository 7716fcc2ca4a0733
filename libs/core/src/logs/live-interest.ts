import type { ProjectId } from '../common/ids';

/** Readers say that they read this often; a publisher that has not heard of it for so long publishes nothing. */
export const LIVE_INTEREST_EVERY_MS = 3000;
const LIVE_INTEREST_ENDS_MS = 10_000;

/** What a publisher knows of the readers: whose records somebody reads, and how far it is in them. */
export class LiveInterest {
  private readonly projects = new Map<ProjectId, { heardAtMs: number; position: number }>();

  heard(projectId: ProjectId, nowMs: number): void {
    const known = this.projects.get(projectId);
    if (known === undefined) this.projects.set(projectId, { heardAtMs: nowMs, position: 0 });
    else known.heardAtMs = nowMs;
  }

  /** The position of the next `count` records, sent or not; undefined where nobody reads them. */
  advance(projectId: ProjectId, count: number, nowMs: number): number | undefined {
    const known = this.projects.get(projectId);
    if (known === undefined) return undefined;
    if (nowMs - known.heardAtMs > LIVE_INTEREST_ENDS_MS) {
      this.projects.delete(projectId);
      return undefined;
    }
    const { position } = known;
    known.position += count;
    return position;
  }
}
