import { ServiceError } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { describeTemporalProblem } from './describe-temporal-problem';
import { TemporalConnection } from './temporal-connection';

const NOBODY_LISTENS = '127.0.0.1:1';

describe('what is said of Temporal', () => {
  it("names TEMPORAL_ADDRESS where the worker's own client finds nobody", async () => {
    const error: unknown = await NativeConnection.connect({ address: NOBODY_LISTENS }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(describeTemporalProblem(error)).toBe(
      'Temporal does not answer: start it, or correct TEMPORAL_ADDRESS',
    );
  });

  it('says in the health check what to do, rather than that something does not answer', async () => {
    const temporal = new TemporalConnection(NOBODY_LISTENS, 'default');
    try {
      // In time: whoever asks for the health of the role waits two seconds, and then says no more than that.
      for (let look = 0; look < 4; look += 1) {
        const startedAt = performance.now();
        await expect(temporal.check(500)).rejects.toMatchObject({
          kind: 'unavailable',
          message: expect.stringContaining('correct TEMPORAL_ADDRESS'),
        });
        expect(performance.now() - startedAt).toBeLessThan(1000);
      }
    } finally {
      await temporal.close();
    }
  });

  it('names TEMPORAL_ADDRESS where the client says only what it could not do, and why in the cause', () => {
    const cause = Object.assign(new Error('4 DEADLINE_EXCEEDED: Deadline exceeded after 60.000s'), {
      code: 4,
    });
    expect(describeTemporalProblem(new ServiceError('Failed to describe schedule', { cause }))).toMatch(
      /correct TEMPORAL_ADDRESS$/,
    );
  });

  it('names TEMPORAL_NAMESPACE where that is not known', () => {
    const error = Object.assign(new Error('Namespace nosuch is not found.'), { code: 5 });
    expect(describeTemporalProblem(error)).toMatch(/namespace create, or correct TEMPORAL_NAMESPACE$/);
  });

  it('keeps to itself what it does not know', () => {
    expect(describeTemporalProblem(new Error('a bug'))).toBeUndefined();
    expect(describeTemporalProblem('text')).toBeUndefined();
  });
});
