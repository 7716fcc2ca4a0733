import type { LiveFilter } from './live-feed.port';
import type { LiveRecord } from './live-record';
import { liveRecordMatcher } from './match-live-record';

const RECORD: LiveRecord = {
  line: '{}',
  level: 'error',
  serviceName: 'checkout',
  message: 'Connection to db-1 timed out after 3000ms (blk_123)',
  traceId: 't-1',
  correlationId: 'order-1',
  fingerprint: 'f-1',
};

describe('liveRecordMatcher', () => {
  it.each<[string, LiveFilter, boolean]>([
    ['nothing asked', {}, true],
    ['one of the levels', { levels: ['warn', 'error'] }, true],
    ['another level', { levels: ['info'] }, false],
    ['its service', { serviceName: 'checkout' }, true],
    ['a part of its service', { serviceName: 'check' }, false],
    ['its trace', { traceId: 't-1' }, true],
    ['another trace', { traceId: 't-2' }, false],
    ['its correlation id', { correlationId: 'order-1' }, true],
    ['another correlation id', { correlationId: 'order-2' }, false],
    ['another fingerprint', { fingerprint: 'f-2' as NonNullable<LiveFilter['fingerprint']> }, false],
    ['words in any order and case', { search: 'TIMED connection' }, true],
    ['a word that is missing', { search: 'connection refused' }, false],
    ['a part of a word', { search: 'connect' }, false],
    ['words in a row', { search: '"timed out"' }, true],
    ['words not in a row', { search: '"out timed"' }, false],
    ['a token of several words', { search: 'blk_123' }, true],
    ['a token across signs', { search: 'db-1' }, true],
    ['signs alone', { search: '--- ()' }, true],
    ['all of it together', { levels: ['error'], serviceName: 'checkout', search: 'after' }, true],
    ['all but one', { levels: ['error'], serviceName: 'cart', search: 'after' }, false],
  ])('judges %s', (_, filter, expected) => {
    expect(liveRecordMatcher(filter)(RECORD)).toBe(expected);
  });

  it('knows a word by its letters, whatever sign is behind it', () => {
    const judges = liveRecordMatcher({ search: 'ΛΟΓΟΣ' });
    for (const message of ['ΛΟΓΟΣ ΤΧΤ', 'ΛΟΓΟΣ.ΤΧΤ', 'λογος.τχτ', 'ΛΟΓΟΣ'])
      expect([message, judges({ ...RECORD, message })]).toEqual([message, true]);
  });

  it('knows İ as the i that it begins a word with', () => {
    const message = 'İstanbul';
    expect(liveRecordMatcher({ search: 'istanbul' })({ ...RECORD, message })).toBe(true);
    expect(liveRecordMatcher({ search: 'stanbul' })({ ...RECORD, message })).toBe(false);
  });
});
