import fc from 'fast-check';
import { asId, type Fingerprint, type LogId, type ProjectId } from '../../core/src/common/ids';
import { LOG_LEVELS, type LogLevel } from '../../core/src/logs/log-level';
import { estimateErrors } from './estimate-errors';
import { encodeLogBatch } from './log-batch.message';

const AT = '2026-01-15T12:00:00.000Z';

function batchOf(levels: readonly LogLevel[], message = 'm', context: Record<string, string> = {}) {
  return encodeLogBatch(
    levels.map((level, index) => ({
      id: asId<LogId>(`id-${index}`),
      projectId: asId<ProjectId>('shop'),
      timestamp: AT,
      receivedAt: AT,
      level,
      serviceName: 'api',
      message: message.repeat(1 + (index % 7)),
      context,
      fingerprint: asId<Fingerprint>('0123456789abcdef'),
      source: 'api',
    })),
  );
}

const isError = (level: LogLevel) => level === 'error' || level === 'fatal';

describe('estimateErrors', () => {
  it('counts exactly in batches of up to 256 lines, whatever their messages and contexts say', () => {
    const levels = fc.array(fc.constantFrom(...LOG_LEVELS), { maxLength: 256 });
    fc.assert(
      fc.property(levels, fc.string(), fc.dictionary(fc.string(), fc.string()), (given, message, context) => {
        const batch = batchOf(given, `"level":"error" ${message}`, { ...context, level: 'fatal' });
        expect(estimateErrors(batch)).toBe(given.filter(isError).length);
      }),
      { numRuns: 50 },
    );
  });

  it('is right about large batches of one kind, and close where errors are spread', () => {
    const alike = (level: LogLevel) => estimateErrors(batchOf(Array.from({ length: 5000 }, () => level)));
    expect([alike('info'), alike('error')]).toEqual([0, 5000]);
    const mixed = batchOf(Array.from({ length: 5000 }, (_, index) => (index % 5 === 0 ? 'error' : 'info')));
    expect(estimateErrors(mixed)).toBeGreaterThan(500);
    expect(estimateErrors(mixed)).toBeLessThan(1500);
  });

  it('makes nothing of bytes that are no records', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(1000), (ndjson, recordCount) => {
        expect(estimateErrors({ ndjson, recordCount })).toBe(0);
      }),
    );
  });
});
