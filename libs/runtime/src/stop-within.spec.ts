import { StopTimeoutError, stopWithin } from './stop-within';

describe('stopWithin', () => {
  it('ends when the stop does, with its error where it has one', async () => {
    await expect(stopWithin(60, () => Promise.resolve())).resolves.toBeUndefined();
    await expect(stopWithin(60, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  it('does not wait for ever, and names the variable that says how long', async () => {
    const stop = stopWithin(0.01, () => new Promise(() => undefined), 0);
    await expect(stop).rejects.toThrow(StopTimeoutError);
    await expect(stop).rejects.toThrow('SHUTDOWN_TIMEOUT_SECONDS');
  });
});
