import fc from 'fast-check';
import { fingerprint } from './fingerprint';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

describe('fingerprint', () => {
  it('is the same on every machine and in every version', () => {
    expect(fingerprint('user 42 logged in')).toBe('b9c5597269add234');
    expect(fingerprint('timeout acquiring connection after 5000ms')).toBe('6c2f870b857b39f5');
    expect(fingerprint('')).toBe('435ce579e639bbf7');
  });

  it('has 16 hexadecimal characters for any string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (message) =>
        /^[0-9a-f]{16}$/.test(fingerprint(message)),
      ),
    );
  });

  it('does not change with a number', () => {
    fc.assert(
      fc.property(
        finite,
        finite,
        (one, other) => fingerprint(`took ${one} of it`) === fingerprint(`took ${other} of it`),
      ),
    );
    fc.assert(
      fc.property(
        fc.nat(),
        fc.nat(),
        (one, other) => fingerprint(`{"id":${one}}`) === fingerprint(`{"id":${other}}`),
      ),
    );
  });

  it('does not change with a uuid or an address', () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.uuid(),
        (one, other) => fingerprint(`job ${one} died`) === fingerprint(`job ${other} died`),
      ),
    );
    fc.assert(
      fc.property(
        fc.ipV4(),
        fc.ipV4(),
        (one, other) => fingerprint(`no route to ${one}.`) === fingerprint(`no route to ${other}.`),
      ),
    );
    fc.assert(
      fc.property(
        fc.ipV4(),
        fc.nat(65_535),
        (ip, port) => fingerprint(`dial ${ip}:${port}`) === fingerprint('dial 10.0.0.1:80'),
      ),
    );
  });

  it('changes with a word', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[g-z]{1,12}$/), fc.stringMatching(/^[g-z]{1,12}$/), (one, other) => {
        fc.pre(one !== other);
        return fingerprint(`pool ${one} failed`) !== fingerprint(`pool ${other} failed`);
      }),
    );
  });

  it('spreads over all 64 bits', () => {
    const words = Array.from({ length: 20_000 }, (_, index) =>
      index.toString(2).replaceAll('0', 'x').replaceAll('1', 'y'),
    );
    const prints = words.map((word) => fingerprint(`a ${word}`));
    expect(new Set(prints).size).toBe(words.length);
    expect(new Set(prints.map((print) => print.slice(0, 4))).size).toBeGreaterThan(15_000);
    expect(new Set(prints.map((print) => print.slice(12))).size).toBeGreaterThan(15_000);
  });

  it('goes by the first line and by its beginning', () => {
    expect(fingerprint('\n  pool closed\n  at a.ts:1\n')).toBe(fingerprint('pool closed\n  at b.ts:9'));
    const words = 'word '.repeat(200);
    expect(fingerprint(`${words} a`)).toBe(fingerprint(`${words} b`));
    expect(fingerprint(`${'17 '.repeat(200)} a`)).toBe(fingerprint(`${'123456 '.repeat(200)} b`));
  });

  it('goes by the beginning of a token that is as long as a message', () => {
    for (const unit of ['1-', 'de-ad-0f-', 'v1.2.3-rc1+b2_', '0-3:8-11:']) {
      const token = unit.repeat(20_000);
      expect(fingerprint(`${token}a`)).toBe(fingerprint(`${token}b`));
    }
  });

  it('goes by the first line as if there were no other', () => {
    const tail = fc.constantFrom('\n10:00:00', ' \n: x', '\t\n"', '\n\n5', ' \r\n@b.c');
    fc.assert(
      fc.property(fc.stringMatching(/^[!-~][ -~]{0,30}[!-~]$/), tail, (line, more) => {
        expect(fingerprint(`${line}${more}`)).toBe(fingerprint(line));
      }),
    );
  });

  it('tells Python tracebacks apart by their last line', () => {
    const traceback = (error: string): string =>
      `Traceback (most recent call last):\n  File "a.py", line 7, in main\n    run()\n${error}\n`;
    expect(fingerprint(traceback("KeyError: 'id'"))).not.toBe(fingerprint(traceback('ValueError: empty')));
    expect(fingerprint(traceback("KeyError: 'id'"))).toBe(fingerprint(traceback("KeyError: 'x'")));
  });
});
