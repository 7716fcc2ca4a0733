import { findConnection, UsageError } from './connection';

const url = 'http://127.0.0.1:3000';

async function problemOf(options: { url: string; apiKey: string }): Promise<string> {
  const error: unknown = await findConnection(options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof UsageError) return error.message;
  throw new Error(`expected a UsageError, got ${String(error)}`);
}

describe('findConnection', () => {
  it('takes what the command line says', async () => {
    expect(await findConnection({ url, apiKey: 'ops_key' })).toMatchObject({ url, apiKey: 'ops_key' });
  });

  it.each([
    ['a typographic quote', '\u201cops_hunter2\u201d'],
    ['a line break', 'ops_\nhunter2'],
    ['a space', 'ops hunter2'],
    ['nothing', ''],
  ])(
    'refuses an API key with %s at once, rather than at every attempt, and does not show it',
    async (_what, apiKey) => {
      const problem = await problemOf({ url, apiKey });
      expect(problem).toContain('the API key');
      expect(problem).not.toContain('hunter2');
    },
  );

  it.each(['ftp://ops:hunter2@host', 'http://ops:hunter2@host', 'host:3000', 'http://'])(
    'refuses the address %s at once, and does not repeat what may be a password',
    async (address) => {
      const problem = await problemOf({ url: address, apiKey: 'ops_key' });
      expect(problem).toContain('--url must be an http or https URL');
      expect(problem).not.toContain('hunter2');
    },
  );
});
