import { Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { SourceRecord } from '../log-reader/source-record';
import { DryRunSink } from './dry-run-sink';

const record: SourceRecord = {
  timestamp: undefined,
  level: 'info',
  service: 'api',
  message: 'hello',
  traceId: undefined,
  spanId: undefined,
  correlationId: undefined,
  context: {},
  lineNumber: 1,
};

/** Takes nothing more until what it has is written. */
function slowOutput(fails: () => boolean = () => false): Writable {
  return new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) =>
      void setImmediate().then(() => done(fails() ? new Error('gone') : null)),
  });
}

describe('DryRunSink', () => {
  it('leaves no listener behind, however often it waits for a slow reader', async () => {
    const output = slowOutput();
    const sink = new DryRunSink(output);
    const before = output.listenerCount('error') + output.listenerCount('drain');
    for (let count = 0; count < 5; count += 1) {
      sink.add(record);
      expect(output.writableNeedDrain).toBe(true);
      await sink.ready();
    }
    expect(output.listenerCount('error') + output.listenerCount('drain')).toBe(before);
    expect(sink.failure).toBeUndefined();
  });

  it('waits for no reader who has gone away, and says so', async () => {
    const sink = new DryRunSink(slowOutput(() => true));
    sink.add(record);
    await sink.ready();
    expect(sink.failure).toBe('nobody reads the output any more');
  });
});
