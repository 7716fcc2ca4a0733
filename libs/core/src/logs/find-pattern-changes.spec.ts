import { logPatternOf } from '../../../../test/support/log-pattern-of';
import { asId, type Fingerprint, type LogPatternId } from '../common/ids';
import { findPatternChanges } from './find-pattern-changes';
import type { PatternCatalogue, PatternFingerprint } from './log-pattern';

const HOUR = 3_600_000;
type Counts = Readonly<Record<string, number>>;

function fingerprintOf(fingerprint: string, patternId: string): PatternFingerprint {
  return {
    fingerprint: asId<Fingerprint>(fingerprint),
    patternId: asId<LogPatternId>(patternId),
    leafId: `leaf of ${fingerprint}`,
    level: 'info',
    services: ['api'],
    count: 1,
    firstAtMs: 0,
    lastAtMs: 0,
    example: { id: 'id', serviceName: 'api', message: 'message' },
  };
}

const catalogue: PatternCatalogue = {
  algorithm: 'test',
  version: 1,
  minerState: '',
  sinceMs: 0,
  clusteredToMs: 2 * HOUR,
  patterns: [logPatternOf('OLD', 0), logPatternOf('OTHER', 0), logPatternOf('RECENT', HOUR + 1)],
  fingerprints: [
    fingerprintOf('old1', 'OLD'),
    fingerprintOf('old2', 'OLD'),
    fingerprintOf('other', 'OTHER'),
    fingerprintOf('recent', 'RECENT'),
  ],
};

function changesOf(before: Counts, after: Counts, isCut = false): Readonly<Record<string, string>> {
  const toCounts = (counts: Counts) => Object.entries(counts).map(([key, count]) => ({ key, count }));
  const changes = findPatternChanges(
    { range: { fromMs: 0, toMs: HOUR }, counts: toCounts(before), isCut },
    { range: { fromMs: HOUR, toMs: 2 * HOUR }, counts: toCounts(after), isCut: false },
    catalogue,
  );
  return Object.fromEntries([...changes].map(([id, { kind }]) => [id, kind]));
}

describe('findPatternChanges', () => {
  it('notes as surging what was known long before, as new what was not, and nothing unknown', () => {
    expect(changesOf({}, { old1: 20, recent: 20, unknown: 20 })).toEqual({ OLD: 'surging', RECENT: 'new' });
  });

  it('notes what is gone and what has risen, not what only fades', () => {
    expect(changesOf({ old1: 40, other: 10 }, { other: 80 })).toEqual({ OLD: 'gone', OTHER: 'surging' });
    expect(changesOf({ old1: 80 }, { old1: 10 })).toEqual({});
  });

  it('adds up the fingerprints of a pattern', () => {
    expect(changesOf({ old1: 50 }, { old2: 50 })).toEqual({});
    expect(changesOf({ old1: 10, old2: 10 }, { old1: 40, old2: 40 })).toEqual({ OLD: 'surging' });
  });

  it('does not take for absent what a cut window may only have left out', () => {
    expect(changesOf({ other: 30 }, { old1: 25, other: 30 }, true)).toEqual({});
    expect(changesOf({ other: 30 }, { old1: 25, other: 30 })).toEqual({ OLD: 'surging' });
  });

  it('gives the rates per minute of both windows, and when it was seen', () => {
    const changes = findPatternChanges(
      { range: { fromMs: 0, toMs: HOUR }, counts: [{ key: 'old1', count: 60 }], isCut: false },
      { range: { fromMs: HOUR, toMs: 2 * HOUR }, counts: [{ key: 'old1', count: 240 }], isCut: false },
      catalogue,
    );
    expect(changes.get(asId<LogPatternId>('OLD'))).toMatchObject({
      atMs: 2 * HOUR,
      baselinePerMinute: 1,
      currentPerMinute: 4,
    });
  });
});
