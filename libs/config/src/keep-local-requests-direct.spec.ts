import { keepLocalRequestsDirect } from './keep-local-requests-direct';

function afterwards(environment: Record<string, string | undefined>) {
  keepLocalRequestsDirect(environment);
  return environment;
}

describe('keepLocalRequestsDirect', () => {
  it.each([
    [{}, 'localhost,127.0.0.1,[::1]'],
    [{ NO_PROXY: 'example.org' }, 'example.org,localhost,127.0.0.1,[::1]'],
    [{ NO_PROXY: 'ignored', no_proxy: 'example.org' }, 'example.org,localhost,127.0.0.1,[::1]'],
    [{ no_proxy: '*' }, '*'],
  ])('adds to what goes past the proxy: %j', (environment, expected) => {
    expect(afterwards(environment)).toMatchObject({ no_proxy: expected });
  });
});
