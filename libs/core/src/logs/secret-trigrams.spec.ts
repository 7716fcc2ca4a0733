import fc from 'fast-check';
import { isSecretKey, mayHoldSecret } from './redact';
import { KEY_FOLLOWERS, TEXT_FOLLOWERS, foldOf } from './secret-trigrams';

/** As a reader of bytes uses them. */
function hasTrigram(text: string, followers: Int32Array): boolean {
  let pair = 0;
  let seen = 0;
  for (let index = 0; index < text.length; index++) {
    const fold = foldOf(text.charCodeAt(index));
    seen |= (followers[pair] ?? 0) >>> fold;
    pair = ((pair << 5) | fold) & 1023;
  }
  return (seen & 1) === 1;
}

const around = fc.stringMatching(/^[ -~]{0,12}$/);
const withEither = (hints: readonly string[]) =>
  fc.tuple(around, fc.mixedCase(fc.constantFrom(...hints)), around).map((parts) => parts.join(''));
const letters = Array.from('abcdefghijklmnopqrstuvwxyz');

describe('secret trigrams', () => {
  it('are in every text of ASCII that may hold a secret', () => {
    const names = [
      ...'password passwd passphrase pwd secret token apikey api_key api-key accesskey access_key'.split(' '),
      ...'access-key access_key_id privatekey private_key private-key authorization'.split(' '),
    ];
    const hints = [
      ...names.flatMap((name) => [`${name}=`, `${name} : `, `${name}"":`, `${name}\\\\" :`]),
      ...'eyj akia asia xoxb- github_pat rk_live sk_live sk- ://a:b@'.split(' '),
      ...['private key-', 'bearer '],
      ...letters.map((letter) => `gh${letter}_`),
    ];
    for (const hint of hints) expect(mayHoldSecret(hint)).toBe(true);
    fc.assert(
      fc.property(withEither(hints), (text) => {
        expect(hasTrigram(text, TEXT_FOLLOWERS)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('are in every name of a secret', () => {
    const names = [
      ...'password passwd passphrase pass pwd secret token apikey api_key api-key accesskey access_key'.split(
        ' ',
      ),
      ...'access-key privatekey private_key private-key authorization cookie credential credentials'.split(
        ' ',
      ),
    ];
    for (const name of names) expect(isSecretKey(name)).toBe(true);
    fc.assert(
      fc.property(withEither(names), (name) => {
        expect(hasTrigram(name, KEY_FOLLOWERS)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('are in hardly any text of another kind', () => {
    const usual = 'GET /v1/items/17 answered 200 after 31 ms with 4711 bytes to client 10.0.0.7';
    expect(hasTrigram(usual, TEXT_FOLLOWERS)).toBe(false);
  });
});
