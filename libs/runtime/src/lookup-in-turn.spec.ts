import type { lookup as lookupAny, LookupAddress } from 'node:dns';
import { promisify } from 'node:util';
import { lookupInTurn } from './lookup-in-turn';

const NODES: readonly LookupAddress[] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => ({
  address,
  family: 4,
}));

function resolving(answer: Error | readonly LookupAddress[]) {
  const resolve = (_name: string, _options: object, callback: (error: unknown, found: unknown) => void) =>
    answer instanceof Error ? callback(answer, undefined) : callback(null, answer);
  return lookupInTurn(resolve as typeof lookupAny);
}

describe('lookupInTurn', () => {
  it('begins with another node of a cluster each time, and names the others behind it', async () => {
    const lookup = promisify(resolving(NODES));
    const found: unknown[] = [];
    for (let attempt = 0; attempt < 4; attempt++)
      found.push(
        ((await lookup('cluster', { all: true })) as readonly LookupAddress[])
          .map(({ address }) => address.slice(-1))
          .join(''),
      );
    expect(found).toEqual(['123', '231', '312', '123']);
  });

  it('gives whoever wants a single address the next one', async () => {
    const lookup = promisify(resolving(NODES));
    expect([await lookup('cluster', {}), await lookup('cluster', {})]).toEqual(['10.0.0.1', '10.0.0.2']);
  });

  it('hands on that a name is not known', async () => {
    const lookup = promisify(resolving(new Error('ENOTFOUND')));
    await expect(lookup('nobody', { all: true })).rejects.toThrow('ENOTFOUND');
  });
});
