import { waitFor } from '../../../test/support/wait-for';
import { type ManagedProcess, startProcess } from './managed-process';
import { SupervisedEngine } from './supervised-engine';
import { untilItAnswers } from './until-it-answers';

const STOP_TIMEOUT_MS = 10_000;

describe('SupervisedEngine', () => {
  /** Of programs that stand for an engine, the first of which answers. */
  const started: ManagedProcess[] = [];
  const start = async (signal: AbortSignal) => {
    const program = await startProcess({
      name: 'program',
      command: 'sleep',
      args: ['600'],
      logFile: '/dev/null',
      stopSignal: 'SIGTERM',
    });
    started.push(program);
    await untilItAnswers(program, {
      what: 'the program to answer',
      timeoutMs: 600_000,
      stopTimeoutMs: STOP_TIMEOUT_MS,
      signal,
      ask: () => Promise.resolve(program === started[0]),
    });
    return { process: program, stop: () => program.stop(STOP_TIMEOUT_MS) };
  };
  afterEach(() => Promise.all(started.splice(0).map((program) => program.stop(0))));

  it('stops also what it is just starting again, and does not wait until that answers', async () => {
    let restarts = 0;
    const events = { restarting: () => void restarts++, givenUp: () => undefined };
    const engine = await SupervisedEngine.start(start, events);
    process.kill(engine.current.process.pid, 'SIGKILL');
    await waitFor('the program to be started again', () => (started.length > 1 ? true : undefined));
    await engine.stop();
    expect(started.map((program) => program.isRunning())).toEqual([false, false]);
    expect(restarts).toBe(1);
  });
});
