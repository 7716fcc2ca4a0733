import type { TemplateWildcard } from '../../../analysis/src/render-template';
import type { Fingerprint, LogPatternId } from '../common/ids';
import type { LogLevel } from './log-level';

/** What log clustering found out last about how often a pattern occurs. */
export interface PatternChange {
  readonly kind: 'new' | 'gone' | 'surging';
  /** The scheduled instant of the run that saw it. */
  readonly atMs: number;
  /** Signed root of the deviance, about standard deviations: see comparePatterns. */
  readonly score: number;
  readonly currentPerMinute: number;
  readonly baselinePerMinute: number;
}

export interface PatternExample {
  readonly id: string;
  readonly serviceName: string;
  readonly message: string;
}

/** Fingerprints that say the same, as log clustering has learned it. Counts are of the records that clustering has read. */
export interface LogPattern {
  /** Stays as the template widens, and across restarts. */
  readonly id: LogPatternId;
  /** With typed wildcards: "user <name> took <duration>". */
  readonly template: string;
  readonly wildcards: readonly TemplateWildcard[];
  /** The most severe one. */
  readonly level: LogLevel;
  readonly services: readonly string[];
  readonly count: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  /** How many fingerprints belong to it. */
  readonly fingerprints: number;
  /** The newest first. */
  readonly examples: readonly PatternExample[];
  readonly lastChange?: PatternChange;
}

/** One fingerprint of the catalogue, and what clustering has read of it. */
export interface PatternFingerprint {
  readonly fingerprint: Fingerprint;
  readonly patternId: LogPatternId;
  /** What the miner calls the messages of this fingerprint; it resolves to a pattern. */
  readonly leafId: string;
  readonly level: LogLevel;
  readonly services: readonly string[];
  readonly count: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly example: PatternExample;
}

/** All that clustering knows of a project. */
export interface PatternCatalogue {
  /** What the miner's state was made by; another algorithm or version learns anew, from the examples. */
  readonly algorithm: string;
  readonly version: number;
  readonly minerState: string;
  /** When the first record of the first interval that was read was written. */
  readonly sinceMs: number;
  /** What was received before has been read. */
  readonly clusteredToMs: number;
  readonly patterns: readonly LogPattern[];
  readonly fingerprints: readonly PatternFingerprint[];
}
