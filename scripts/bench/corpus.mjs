// The benchmark's own log records: the same for the same seed, on every machine. About 375 bytes of JSON a record, 32
// services, five fields of context, messages from templates whose variable parts are drawn anew.

export const SERVICES = [
  ...['api-gateway', 'auth', 'billing', 'cart', 'catalog', 'checkout', 'currency', 'email'],
  ...['export', 'fraud', 'gift-cards', 'identity', 'inventory', 'invoice', 'ledger', 'loyalty'],
  ...['media', 'notifications', 'orders', 'payments', 'pricing', 'profile', 'push', 'rates'],
  ...['recommendations', 'returns', 'reviews', 'search', 'shipping', 'stock-sync', 'tax', 'webhooks'],
];

/** Occurs in about one record of two hundred, in every service: what the searches look for. */
export const SEARCHED_WORD = 'deadline';

const REGIONS = ['eu-west-1', 'eu-central-1', 'us-east-1', 'us-west-2', 'ap-south-1'];
const TABLES = ['orders', 'payments', 'customers', 'stock_levels', 'price_list', 'sessions', 'audit_trail'];
const METHODS = ['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE'];
const PATHS = ['/v1/items', '/v1/orders', '/v2/search', '/v1/baskets', '/v1/customers', '/internal/sync'];

/** [weight, level, make] */
const TEMPLATES = [
  [
    22,
    'info',
    (d) =>
      `${d.of(METHODS)} ${d.of(PATHS)}/${d.number(1e6)} answered ${d.of([200, 200, 201, 204])} after ${d.number(900)} ms with ${d.number(60000)} bytes to client ${d.address()} for tenant ${d.number(4000)}`,
  ],
  [
    14,
    'debug',
    (d) =>
      `cache lookup of key item:${d.number(1e6)}:${d.hex(6)} in shard ${d.number(64)} missed, filled from table ${d.of(TABLES)} in ${d.number(9000)} us, ${d.number(2000)} entries kept`,
  ],
  [
    13,
    'info',
    (d) =>
      `order ${d.number(1e8)} of customer ${d.number(1e6)} moved from state reserved to state paid, total ${d.number(900)}.${d.number(90)} EUR, ${d.number(12)} positions, voucher ${d.hex(8)}`,
  ],
  [
    11,
    'info',
    (d) =>
      `worker ${d.number(32)} committed batch ${d.number(1e7)} of partition ${d.number(48)} up to offset ${d.number(1e9)}, lag ${d.number(5000)} messages, took ${d.number(700)} ms in total`,
  ],
  [
    10,
    'debug',
    (d) =>
      `statement on ${d.of(TABLES)} returned ${d.number(500)} rows in ${d.number(400)} ms using connection ${d.number(40)} of pool primary, plan ${d.hex(8)}, transaction ${d.number(1e8)} stays open`,
  ],
  [
    9,
    'info',
    (d) =>
      `session ${d.hex(12)} of user ${d.number(1e6)} was renewed for ${d.number(3600)} seconds from ${d.address()} by refresh token of family ${d.hex(6)} in region ${d.of(REGIONS)}`,
  ],
  [
    8,
    'info',
    (d) =>
      `picked up object uploads/${d.number(1e6)}/${d.hex(10)}.jpg with ${d.number(9e6)} bytes and produced ${d.number(6)} thumbnails of it in ${d.number(4000)} ms on node ${d.number(24)}`,
  ],
  [
    6,
    'warn',
    (d) =>
      `call to upstream ${d.of(SERVICES)} was slow: ${d.number(9000)} ms for attempt ${d.number(4)} of 4, request ${d.hex(12)}, budget left ${d.number(2000)} ms, circuit still closed`,
  ],
  [
    4,
    'warn',
    (d) =>
      `queue depth ${d.number(1e5)} is above the mark of 50000 for consumer group ${d.of(SERVICES)}-${d.number(20)}, oldest message waits since ${d.number(600)} seconds, scaling was asked for`,
  ],
  [
    2,
    'error',
    (d) =>
      `payment ${d.number(1e8)} declined by provider with code ${d.number(99)} after ${d.number(3000)} ms, reference ${d.hex(12)}, amount ${d.number(900)}.${d.number(90)} EUR, it will not be retried`,
  ],
  [
    0.5,
    'error',
    (d) =>
      `${SEARCHED_WORD} exceeded while waiting for ${d.of(SERVICES)}: connection ${d.address()}:${d.number(60000)} gave no answer in ${d.number(9000)} ms, request ${d.hex(12)} was given up`,
  ],
  [
    0.5,
    'fatal',
    (d) =>
      `process ${d.number(30000)} on node ${d.number(24)} ran out of memory at ${d.number(4000)} MB while handling request ${d.hex(12)}, last collection took ${d.number(3000)} ms, it will be restarted`,
  ],
];
const TOTAL_WEIGHT = TEMPLATES.reduce((sum, [weight]) => sum + weight, 0);

/** Thirty-two bits of a sequence that depends on the seed alone (Steele and Vigna's SplitMix, by its 32-bit variant). */
function randomSource(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}

function drawsFrom(next) {
  const number = (below) => Math.floor((next() / 2 ** 32) * below);
  const hex = (digits) => {
    let text = '';
    while (text.length < digits) text += next().toString(16).padStart(8, '0');
    return text.slice(0, digits);
  };
  return {
    number,
    hex,
    of: (list) => list[number(list.length)],
    address: () => `10.${number(256)}.${number(256)}.${number(256)}`,
  };
}

function pickTemplate(draws) {
  let at = (draws.number(1e6) / 1e6) * TOTAL_WEIGHT;
  for (const template of TEMPLATES) {
    at -= template[0];
    if (at < 0) return template;
  }
  return TEMPLATES[0];
}

/**
 * Records as a client sends them, evenly over `spanMs` from `fromMs` on, in order of time. One trace is three records in a
 * row.
 */
export function* makeRecords({ count, seed, fromMs, spanMs }) {
  const draws = drawsFrom(randomSource(seed));
  let traceId = '';
  for (let index = 0; index < count; index++) {
    if (index % 3 === 0) traceId = draws.hex(32);
    const [, level, make] = pickTemplate(draws);
    yield {
      timestamp: new Date(fromMs + Math.floor((index / count) * spanMs)).toISOString(),
      level,
      service: draws.of(SERVICES),
      message: make(draws),
      trace_id: traceId,
      context: {
        host: `node-${draws.number(24)}`,
        region: draws.of(REGIONS),
        version: `4.${draws.number(12)}.${draws.number(4)}`,
        pid: draws.number(30000),
        duration_ms: draws.number(9000),
      },
    };
  }
}

/** The same as bodies of POST /api/ingest/logs, in NDJSON. */
export function* makeBodies({ batch, ...options }) {
  let lines = [];
  for (const record of makeRecords(options)) {
    lines.push(JSON.stringify(record));
    if (lines.length === batch) {
      yield Buffer.from(`${lines.join('\n')}\n`);
      lines = [];
    }
  }
  if (lines.length > 0) yield Buffer.from(`${lines.join('\n')}\n`);
}
