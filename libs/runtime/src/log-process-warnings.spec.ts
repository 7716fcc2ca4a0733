import { Writable } from 'node:stream';
import { waitFor } from '../../../test/support/wait-for';
import { createLogger } from '../../observability/src/logger';
import { logProcessWarnings } from './log-process-warnings';

describe('logProcessWarnings', () => {
  it('turns what Node would print as loose text into one log line', async () => {
    const lines: string[] = [];
    const destination = new Writable({
      write: (line: Buffer, _encoding, done) => {
        lines.push(line.toString());
        done();
      },
    });
    const before = process.listeners('warning');
    logProcessWarnings(createLogger({ level: 'info', role: 'test', destination }));
    process.emit('warning', new Error('this Node is old'));
    const line = await waitFor('the line', () => lines[0]);
    expect(JSON.parse(line)).toMatchObject({ level: 'warn', warning: 'this Node is old', msg: 'node warns' });
    process.removeAllListeners('warning');
    for (const listener of before) process.on('warning', listener);
  });
});
