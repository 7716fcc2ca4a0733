import type { Fingerprint } from '../common/ids';
import type { ProjectScope } from '../projects/project-scope';
import type { LogPattern, PatternCatalogue } from './log-pattern';

/** Where the pattern catalogue of each project is kept. Errors: OpsError `unavailable` when the engine does not answer. */
export abstract class LogPatternStore {
  /** Undefined before the first save. Patterns and fingerprints are in order of their ids. */
  abstract load(scope: ProjectScope): Promise<PatternCatalogue | undefined>;
  /**
   * Replaces the catalogue, all or nothing, where it still ends at `expectedToMs` (undefined: where there is none), and
   * says whether it did: of two runs at the same time only one counts. Errors: `not_found` for a project that is gone.
   */
  abstract save(
    scope: ProjectScope,
    catalogue: PatternCatalogue,
    expectedToMs: number | undefined,
  ): Promise<boolean>;
  /** The patterns that these fingerprints belong to; fingerprints that are not known are left out. */
  abstract findByFingerprints(
    scope: ProjectScope,
    fingerprints: readonly Fingerprint[],
  ): Promise<ReadonlyMap<Fingerprint, LogPattern>>;
}
