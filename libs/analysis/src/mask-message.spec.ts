import fc from 'fast-check';
import { maskMessage } from './mask-message';
import { DURATION_UNITS, SIZE_UNITS } from './units';

const GOLDEN: readonly (readonly [message: string, masked: string])[] = [
  ['user 42 logged in', 'user <num> logged in'],
  ['retry in 1.5 s, -3 left, load 7e-05, 12%', 'retry in <num> s, <num> left, load <num>, <num>%'],
  ['took 125ms, then 1h30m and 12.5µs', 'took <duration>, then <duration> and <duration>'],
  ['sent 512KB of 3GiB', 'sent <size> of <size>'],
  ['heap 862M->117M(1024M) in 5m', 'heap <size>-><size>(<size>) in <duration>'],
  ['"Probe failed" pod="shop/cart-1"', '"Probe failed" pod=<quoted>'],
  ['level=info msg="cart 7 is empty" user="ada"', 'level=info msg="cart <num> is empty" user=<quoted>'],
  ['request 550e8400-e29b-41d4-a716-446655440000 done', 'request <uuid> done'],
  ['request 12345678-1234-1234-1234-123456789012 done', 'request <uuid> done'],
  ['commit 9fceb02d0ae598e95dc970b74767f19372d61af8 at 0x7ffe', 'commit <hex> at <hex>'],
  ['connect to 10.0.3.7:5432 failed', 'connect to <ip> failed'],
  ['src: /10.250.19.102:54106 dest: /10.250.19.102:50010', 'src: /<ip> dest: /<ip>'],
  ['peer 2001:db8::8a2e:370:7334 via fe80::1 and ::1', 'peer <ip> via <ip> and <ip>'],
  ['mac 00:1a:2b:3c:4d:5e', 'mac <hex>'],
  ['open /var/log/app/today.log: no such file', 'open <path>: no such file'],
  ['at handler (/srv/shop/cart.ts:12:5)', 'at handler (<path>:<num>:<num>)'],
  ['load C:\\shop\\config.ini failed', 'load <path> failed'],
  ['GET https://shop.example/cart?id=7&x=(1) 200', 'GET <url>(<num>) <num>'],
  ['see http://shop.example/a.', 'see <url>.'],
  ['GET /cart/17?user=ada&n=2 200', 'GET <path> <num>'],
  ['mail to ada.l+x@mail.shop.example bounced', 'mail to <email> bounced'],
  ['2026-03-01T10:00:00.123Z started', '<time> started'],
  ['2026-03-01 10:00:00,123 +0100 started', '<time> started'],
  ['[01/Mar/2026:10:00:00 +0000] started', '[<time>] started'],
  ['Mar  1 10:00:00 host1 started', '<time> host<num> started'],
  ['up at Sat Jun 11 03:28:22 2005, ok', 'up at <time>, ok'],
  ['due Thu Jul  1 10:00:00 PDT 2004 or Thu, 01 Jul 2004 10:00:00 GMT', 'due <time> or <time>'],
  ['Sat and Sun are off, Mar Vista', 'Sat and Sun are off, Mar Vista'],
  ['at 10:00:00 and 23:59', 'at <time> and <time>'],
  ['block blk_-160899968791 of worker-3', 'block blk_<num> of worker-<num>'],
  ['session a7Gk2Lq9 of v1.2.3', 'session <id> of v<num>'],
  ['file "report final.pdf" not found', 'file <quoted> not found'],
  ["can't open 'a b' or `c`", "can't open <quoted> or <quoted>"],
  [
    '{"level":"error","user":17,"msg":"pool of db-2 is empty"}',
    '{"level":"error","user":<num>,"msg":"pool of db-<num> is empty"}',
  ],
  ['1.2.3.4 - "GET /cart/17 HTTP/1.1" 502 0.7', '<ip> - "GET <path> HTTP/<num>" <num> <num>'],
  ['key=value a/b and/or text/html', 'key=value a/b and/or text/html'],
  ['java.lang.IllegalStateException: pool closed', 'java.lang.IllegalStateException: pool closed'],
  ['a  b\t c\r\n  d', 'a b c\nd'],
  ['', ''],
  ['überlauf in größe 7', 'überlauf in größe <num>'],
];

/** Pieces of messages as they occur, with room for a value. */
const realistic = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'connection',
        'to',
        'failed:',
        'timeout',
        'pool',
        'code=',
        '(',
        ')',
        '[',
        ']',
        '"a b"',
        "can't",
        '{"k":',
        '}',
        '->',
      ),
      fc.integer().map(String),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.uuid(),
      fc.ipV4(),
      fc.ipV6(),
      fc.webUrl(),
      fc.emailAddress(),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.constantFrom('/var/log/x.log', '17ms', '3KB', '0xdeadbeef', 'worker-7', 'x9y8z7', '<num>', '<path>'),
    ),
    { maxLength: 20 },
  )
  .map((pieces) => pieces.join(' '))
  // Masking a value that held one of a pair of quotes pairs the rest differently; an address behind a slash is a path once it is masked.
  .filter((message) => !/[\w.]['`]|['`][\w.]|\/\S*@/.test(message));

describe('maskMessage', () => {
  it.each(GOLDEN)('masks %j', (message, masked) => {
    expect(maskMessage(message)).toBe(masked);
  });

  it('gives the values it masked', () => {
    const values: string[] = [];
    maskMessage('user 42 from 10.0.0.7 read "a b" in 17ms of <num>', undefined, values);
    expect(values).toEqual(['42', '10.0.0.7', '"a b"', '17ms', '<num>']);
  });

  it('knows the units that templates know', () => {
    for (const unit of DURATION_UNITS)
      expect([unit, maskMessage(`12${unit}.`)]).toEqual([unit, '<duration>.']);
    for (const unit of SIZE_UNITS)
      if (!DURATION_UNITS.has(unit)) expect([unit, maskMessage(`12${unit}.`)]).toEqual([unit, '<size>.']);
    expect(maskMessage('12x 12K 12kelvin')).toBe('<id> <size> <id>');
  });

  it('masks what stands beside characters that Unicode leaves free', () => {
    expect(maskMessage('\uffff 17 \ufffe\uffff9')).toBe('\uffff <num> \ufffe\uffff<num>');
  });

  it('leaves masked messages as they are', () => {
    for (const [, masked] of GOLDEN) expect(maskMessage(masked)).toBe(masked);
    fc.assert(
      fc.property(realistic, (message) => maskMessage(maskMessage(message)) === maskMessage(message)),
    );
  });

  it('accepts any string, lone surrogates included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (message) => {
        expect(typeof maskMessage(message)).toBe('string');
      }),
    );
    expect(maskMessage('\ud800 5 \udfff')).toBe('\ud800 <num> \udfff');
  });

  it('never cuts a surrogate pair in two', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (message) => {
        expect(() => encodeURIComponent(maskMessage(message))).not.toThrow();
      }),
    );
  });

  it('masks a line of a megabyte', () => {
    expect(maskMessage(`x ${'9'.repeat(1_000_000)} y`)).toBe('x <num> y');
    expect(maskMessage('a1,'.repeat(350_000))).toHaveLength(350_000 * 7);
  });
});
