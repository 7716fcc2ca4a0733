import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { isSecretKey, redactText, withoutOpenEnd } from './redact';

/**
 * No limit that a slow machine could exceed, but an end to what never ends: all of the texts below take a third of a second
 * together, and a pattern that looks at the rest of the text once per beginning takes hours for one of them. Jest's own limit
 * cannot stop a pattern at work.
 */
const HANGS_MS = 60_000;

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijklmnop';

describe('redactText', () => {
  it.each([
    ['a bearer token', 'Authorization: Bearer abc123def456', 'Authorization: Bearer [redacted:bearer]'],
    [
      'basic credentials',
      'authorization: Basic dXNlcjpwYXNz',
      'authorization: Basic [redacted:authorization]',
    ],
    ['a web token', `got ${JWT}!`, 'got [redacted:jwt]!'],
    ['an AWS key', 'key AKIAIOSFODNN7EXAMPLE used', 'key [redacted:aws_key] used'],
    ['a GitHub token', `push ghp_${'a1'.repeat(18)} ok`, 'push [redacted:token] ok'],
    [
      'a password in a URL',
      'dial postgres://app:hunter2@db:5432/shop failed',
      'dial postgres://app:[redacted:password]@db:5432/shop failed',
    ],
    ['a pair', 'login user=a password=hunter2 ok', 'login user=a password=[redacted:secret] ok'],
    ['a quoted pair', 'password="correct horse" ok', 'password="[redacted:secret]" ok'],
    ['a JSON pair', '{"api_key":"s3cr3t","a":1}', '{"api_key":"[redacted:secret]","a":1}'],
    [
      'an escaped JSON pair',
      '{\\"password\\":\\"s3\\",\\"a\\":1}',
      '{\\"password\\":\\"[redacted:secret]\\",\\"a\\":1}',
    ],
    ['a quoted value with a quote in it', '"password":"a\\"b" c', '"password":"[redacted:secret]" c'],
    ['a YAML pair', 'db_password: hunter2', 'db_password: [redacted:secret]'],
    ['a query parameter', 'GET /a?access_token=abc&b=1', 'GET /a?access_token=[redacted:secret]&b=1'],
    [
      'a private key',
      'x -----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- y',
      'x [redacted:private_key] y',
    ],
    ['a private key without end', 'x -----BEGIN PRIVATE KEY-----\nabc', 'x [redacted:private_key]'],
  ])('takes out %s', (_, text, expected) => {
    expect(redactText(text)).toEqual({ text: expected, count: 1 });
  });

  it.each([
    'Failed password for invalid user admin from 10.0.0.1 port 22 ssh2',
    "Access denied for user 'root'@'localhost' (using password: YES)",
    'sudo: jo : TTY=pts/0 ; PWD=/home/jo ; USER=root ; COMMAND=/bin/ls',
    'Unexpected token: } at line 3',
    'Bearer authentication failed',
    'token_count=5 tokens=100 secretary=Ann',
    'GET http://host:8080/a@b 200',
    'monkey: banana; keyboard=us',
  ])('leaves %j alone', (text) => {
    expect(redactText(text)).toEqual({ text, count: 0 });
  });

  const part = fc.constantFrom(
    'password=', 'password: ', '"token":"', 'secret', '"', "'", '\\', ' ', '=', ':', '://u:', '@', 'bearer ', '-', '.',
    'AKIA', 'ABCDEFGHIJKLMNOP', 'abcdefgh1', 'eyJabcdefgh', JWT, '-----BEGIN PRIVATE KEY-----', '[redacted:secret]',
    '[redacted:', ']', 'authorization: basic ', 'pwd=', '\n', 'yes', 'null', 'undefined', 'sk-', 'x'.repeat(25),
  ); // prettier-ignore
  const nasty = fc.array(part, { maxLength: 20 }).map((parts) => parts.join(''));

  it('changes nothing when it redacts again', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const once = redactText(text).text;
        expect(redactText(once)).toEqual({ text: once, count: 0 });
      }),
      { numRuns: 2000 },
    );
  });

  it('finds no secret in a text that was cut within an answer that is no secret', () => {
    for (let length = 0; length <= 'pwd=undefined'.length; length++) {
      const cut = withoutOpenEnd('pwd=undefined'.slice(0, length));
      expect(redactText(cut)).toEqual({ text: cut, count: 0 });
    }
  });

  it('finds no secret in a text that was cut after redaction', () => {
    fc.assert(
      fc.property(nasty, fc.nat(400), (text, length) => {
        const cut = withoutOpenEnd(redactText(text).text.slice(0, length));
        expect(redactText(cut)).toEqual({ text: cut, count: 0 });
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['beginnings of keys', '-----BEGIN PRIVATE KEY-----'],
    ['beginnings of tokens', 'eyJ'],
    ['dotted beginnings of tokens', 'eyJaaaaaaaa.eyJaaaaaaaa.'],
    ['names', 'password'],
    ['names with quotes', 'password="'],
    ['URLs', '://a:'],
    ['URLs without end', '://aaaaaaaaaaaaaaaaaaaaaaaaaa:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
    ['bearers', 'bearer aaaaaaaaaaaaaaaaaaa'],
    ['blanks', 'authorization:    '],
    ['quotes', '"\\"'],
    ['one letter', 'token=x'],
  ])(
    'comes to an end on two million letters of %s',
    (_, piece) => {
      const text = piece.repeat(Math.ceil(2_000_000 / piece.length));
      const redact = () => redactText(text);
      expect(() => void runInNewContext('redact()', { redact }, { timeout: HANGS_MS })).not.toThrow();
    },
    2 * HANGS_MS,
  );
});

describe('isSecretKey', () => {
  it.each([
    'password',
    'db.password',
    'X-Api-Key',
    'accessToken',
    'client_secret',
    'Authorization',
    'set-cookie',
    'pwd',
  ])('knows %s', (key) => expect(isSecretKey(key)).toBe(true));
  it.each(['token_count', 'passenger', 'keyboard', 'max_tokens', 'bypass', 'user', 'secretary'])(
    'leaves %s alone',
    (key) => expect(isSecretKey(key)).toBe(false),
  );
});
