import fc from 'fast-check';
import { asId, type ProjectId } from '../../core/src/common/ids';
import { LOG_LEVELS } from '../../core/src/logs/log-level';
import { decodeLiveLines, encodeLiveLines } from './live-lines.message';
import { encodeLines } from './ndjson';

const origin = { projectId: asId<ProjectId>('p-1'), publisher: 'w-1', position: 7 };

describe('live lines', () => {
  it('come back with their text untouched', () => {
    const line = fc.record({
      level: fc.constantFrom(...LOG_LEVELS),
      service_name: fc.string(),
      message: fc.string(),
      trace_id: fc.string(),
      extra: fc.jsonValue(),
    });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
        const decoded = decodeLiveLines(encodeLiveLines(origin, encodeLines(lines)));
        expect(decoded).toMatchObject({ ...origin, count: lines.length });
        expect(decoded?.records.map((record) => record.line)).toEqual(
          lines.map((one) => JSON.stringify(one)),
        );
        expect(
          decoded?.records.map(({ level, serviceName, message, traceId }) => [
            level,
            serviceName,
            message,
            traceId,
          ]),
        ).toEqual(lines.map((one) => [one.level, one.service_name, one.message, one.trace_id]));
      }),
    );
  });

  it('leave out what is no record, and are told from foreign bytes', () => {
    const mixed = { ndjson: Buffer.from('{"level":"info"}\nnot json\n'), recordCount: 2 };
    expect(decodeLiveLines(encodeLiveLines(origin, mixed))).toMatchObject({ count: 2, records: [] });
    fc.assert(fc.property(fc.uint8Array(), (bytes) => expect(decodeLiveLines(bytes)).toBeUndefined()));
  });
});
