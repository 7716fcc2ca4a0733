import fc from 'fast-check';
import { labelPattern } from './label-pattern';
import { OPERATIONAL_LABELS } from './operational-labels';

const LABELLED: readonly (readonly [text: string, label: string])[] = [
  ['connect ETIMEDOUT <ip>', 'connection-timeout'],
  ['dial tcp <ip>: i/o timeout', 'connection-timeout'],
  ['context deadline exceeded', 'timeout'],
  ['java.net.ConnectException: Connection refused', 'connection-refused'],
  ['read: connection reset by peer', 'connection-reset'],
  ['getaddrinfo ENOTFOUND db.internal', 'dns-failure'],
  ['No Route to Host from <ip>', 'network-unreachable'],
  ['slow query: <duration> select * from t', 'slow-query'],
  ['latency exceeds threshold: <duration>', 'high-latency'],
  ["This model's maximum context length is <num> tokens", 'token-limit'],
  ['HTTP <num> Too Many Requests', 'rate-limit'],
  ['Failed password for invalid user <name> from <ip>', 'auth-failure'],
  ['open <path>: permission denied', 'permission-denied'],
  ['TokenExpiredError: jwt expired', 'invalid-token'],
  ['write <path>: no space left on device', 'disk-space'],
  ['blk_update_request: I/O error, dev sda', 'disk-error'],
  ['upstream returned 503 Service Unavailable', 'service-unavailable'],
  ['java.lang.OutOfMemoryError: Java heap space', 'out-of-memory'],
  ['container was OOMKilled', 'out-of-memory'],
  ['deadlock detected', 'deadlock'],
  ['x509: certificate has expired or is not yet valid', 'certificate'],
  ['pod is in CrashLoopBackOff', 'crash-loop'],
  ['segfault at <hex> ip <hex>', 'crash'],
  ['FATAL: remaining connection slots are reserved', 'pool-exhausted'],
  ['accept: too many open files', 'too-many-open-files'],
  ['Liveness probe failed: HTTP probe failed', 'health-check-failed'],
  ['consumer lag of group <name> is <num>', 'queue-backlog'],
];

describe('labelPattern', () => {
  it.each(LABELLED)('knows %j as %s', (text, label) => {
    expect(labelPattern({ text }, OPERATIONAL_LABELS)).toContain(label);
  });

  it.each([
    'session opened for user <name>',
    'listening on <ip>',
    'room <num> is oompah',
    'order <id> was paid',
    'timeout set to <duration>',
  ])('gives no label to %j', (text) => {
    expect(labelPattern({ text }, OPERATIONAL_LABELS)).toEqual([]);
  });

  it('looks at the example for what masking hides', () => {
    const template = { text: 'upstream answered status <num>', example: 'upstream answered status 503' };
    expect(labelPattern(template, OPERATIONAL_LABELS)).toEqual(['service-unavailable']);
  });

  it('finds phrases with words between, up to five, but not from the template on into the example', () => {
    const rules = [{ label: 'late', matcher: { anyOf: ['order .. came late'] } }];
    expect(labelPattern({ text: 'order came late' }, rules)).toEqual(['late']);
    expect(labelPattern({ text: 'Order 17 of the ada shop came late' }, rules)).toEqual(['late']);
    expect(labelPattern({ text: 'order one two three four five six came late' }, rules)).toEqual([]);
    expect(labelPattern({ text: 'order', example: 'came late' }, rules)).toEqual([]);
  });

  it('takes the rules of a project', () => {
    const rules = [
      { label: 'lost-cart', matcher: { allOf: ['cart', 'lost'], noneOf: ['test'] } },
      { label: 'nothing', matcher: {} },
    ];
    expect(labelPattern({ text: 'Cart <id> was lost' }, rules)).toEqual(['lost-cart']);
    expect(labelPattern({ text: 'test: cart <id> was lost' }, rules)).toEqual([]);
  });

  it('accepts any text, and gives each label once in the order of the rules', () => {
    const labels = [...new Set(OPERATIONAL_LABELS.map((rule) => rule.label))];
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...LABELLED), (noise, [text]) => {
        const found = labelPattern({ text: `${noise} ${text}` }, OPERATIONAL_LABELS);
        expect(found).toEqual(labels.filter((label) => found.includes(label)));
      }),
    );
  });
});
