import { deriveMinuteEdges, type TracedRecord } from './derive-minute-edges';

/** `service[@ms][:span[<parent]]` */
function traced(text: string): TracedRecord {
  const {
    service = '',
    ms = '0',
    span,
    parent,
  } = /^(?<service>\w+)(?:@(?<ms>-?\d+))?(?::(?<span>\w*))?(?:<(?<parent>\w+))?$/.exec(text)?.groups ?? {};
  return {
    timestampMs: Number(ms),
    serviceName: service,
    ...(span !== undefined && span !== '' && { spanId: span }),
    ...(parent !== undefined && { parentSpanId: parent }),
  };
}

describe('deriveMinuteEdges', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['no trace', [], []],
    ['a service alone', ['web:a', 'web:b<a'], []],
    ['a parent span', ['web:a', 'cart:b<a'], ['web>cart parent_span 1']],
    ['a parent that logs later', ['cart:b<a', 'web:a'], ['web>cart parent_span 1']],
    ['a call that logs twice', ['web:a', 'cart:b<a', 'cart:b<a'], ['web>cart parent_span 1']],
    [
      'one that logs on in the next minute',
      ['web:a', 'cart@10:b<a', 'cart@60010:b<a'],
      ['web>cart parent_span 1'],
    ],
    ['one that names its parent later', ['web:a', 'cart:b', 'cart:b<a'], ['web>cart parent_span 1']],
    ['a span that two services claim', ['web:a', 'db:a', 'cart:b<a'], ['web>cart parent_span 1']],
    [
      'a service that logs on in the next minute',
      ['web', 'cart@10', 'cart@60010'],
      ['web>cart shared_trace 1'],
    ],
    ['two calls', ['web:a', 'cart:b<a', 'cart:c<a'], ['web>cart parent_span 2']],
    ['an unknown parent', ['web:a', 'cart:b<x'], []],
    ['a parent without a span of its own', ['web:a', 'cart<a'], []],
    ['no parents', ['web', 'web', 'cart', 'db'], ['cart>db shared_trace 1', 'web>cart shared_trace 1']],
    ['a call that began before the minute', ['web@-20:a', 'cart@-10:b<a'], []],
    ['a call that began after the minute', ['web@0', 'cart@60000'], []],
    ['a caller before the minute', ['web@-20:a', 'cart@10:b<a'], ['web>cart parent_span 1']],
  ])('knows the calls of %s', (_, records, expected) => {
    expect(
      deriveMinuteEdges([records.map(traced)], 0, 10).map(
        ({ caller, callee, kind, count }) => `${caller}>${callee} ${kind} ${count}`,
      ),
    ).toEqual(expected);
  });

  it('keeps the most frequent edges, and gives them in order of name', () => {
    const trace = (...services: readonly string[]) => services.map(traced);
    const edges = deriveMinuteEdges(
      [
        trace('web', 'zoo'),
        trace('web', 'zoo'),
        trace('web', 'zoo'),
        trace('web', 'cart'),
        trace('api', 'db'),
        trace('api', 'db'),
      ],
      0,
      2,
    );
    expect(edges).toEqual([
      { minuteMs: 0, caller: 'api', callee: 'db', kind: 'shared_trace', count: 2 },
      { minuteMs: 0, caller: 'web', callee: 'zoo', kind: 'shared_trace', count: 3 },
    ]);
  });
});
