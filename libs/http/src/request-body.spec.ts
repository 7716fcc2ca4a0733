import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { Body, Controller, Module, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { z } from 'zod';
import { expectProblem } from '../../../test/support/expect-problem';
import { OpsError } from '../../core/src/common/errors';
import { SpareRooms } from '../../core/src/common/spare-rooms';
import { AppLogger } from '../../observability/src/app-logger';
import { AppMetrics } from '../../observability/src/app-metrics';
import { createLogger } from '../../observability/src/logger';
import { createMetricsRegistry } from '../../observability/src/metrics';
import { ContractPipe } from './contract.pipe';
import { createHttpApp } from './create-http-app';
import { readRequestBody } from './request-body';

const limits = {
  INGEST_MAX_BODY_BYTES: 10_000,
  INGEST_MAX_INFLATED_BYTES: 50_000,
  INGEST_MAX_PENDING_BYTES: 64_000_000,
  RATE_LIMIT_INGEST_PER_SECOND: 0,
  RATE_LIMIT_API_PER_SECOND: 0,
};
const thing = z.strictObject({ name: z.string().max(10), tags: z.array(z.string()).optional() });

@Controller('things')
class ThingsController {
  @Post()
  create(@Body(new ContractPipe(thing)) given: z.output<typeof thing>) {
    return given;
  }

  @Post('raw')
  raw(@Body() bytes: unknown) {
    return { isBuffer: Buffer.isBuffer(bytes), text: String(bytes) };
  }

  @Post('any')
  any(@Body() value: unknown) {
    return { value, polluted: ({} as Record<string, unknown>)['polluted'] ?? null };
  }
}

@Module({
  controllers: [ThingsController],
  providers: [
    { provide: AppLogger, useValue: createLogger({ level: 'silent', role: 'test' }) },
    { provide: AppMetrics, useValue: createMetricsRegistry('test', { runtimeMetrics: false }) },
  ],
})
class TestModule {}

let app: NestFastifyApplication;
const json = { 'content-type': 'application/json' };

beforeAll(async () => {
  app = await createHttpApp(TestModule, { config: limits });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});

afterAll(() => app.close());

describe('bodies', () => {
  const post = (payload: string | Buffer, headers: Record<string, string> = json, url = '/things') => ({
    method: 'POST' as const,
    url,
    payload,
    headers,
  });

  it.each([
    ['{"name": "a",}', 1, 14],
    ['{"name":\n  nope}', 2, 3],
    ['[1, 2', 1, 6],
    ['{"name": "a\u0000"}', 1, 10],
    ['hello', 1, 1],
  ])('says where malformed JSON breaks: %j', async (text, line, column) => {
    const { problem } = await expectProblem(app, post(text), 400, 'OPS_REQUEST_MALFORMED');
    expect(problem.detail).toContain(`line ${line}, column ${column} `);
  });

  it('refuses deep nesting before building it, and takes 200 levels', async () => {
    await expectProblem(app, post('['.repeat(5000), json, '/things/any'), 400, 'OPS_REQUEST_MALFORMED');
    const fine = await app.inject(post('['.repeat(200) + ']'.repeat(200), json, '/things/any'));
    expect(fine.statusCode).toBe(201);
    const brackets = await app.inject(
      post(JSON.stringify({ a: '['.repeat(500), b: '\\"[' }), json, '/things/any'),
    );
    expect(brackets.statusCode).toBe(201);
  });

  it.each(['{"__proto__":{"polluted":1},"a":1}', '{"\\u005f_proto__" : {"polluted":1},"a":1}'])(
    'leaves out what would change prototypes: %s',
    async (text) => {
      const answer = await app.inject(post(text, json, '/things/any'));
      expect(answer.json()).toEqual({ value: { a: 1 }, polluted: null });
    },
  );

  it('tolerates a byte order mark and bytes that are not UTF-8', async () => {
    const marked = Buffer.concat([
      Buffer.from([0xef, 0xbb, 0xbf]),
      Buffer.from('{"name":"'),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]);
    expect((await app.inject(post(marked))).json()).toEqual({ name: '\ufffd' });
  });

  it('names each wrong, missing and unknown field', async () => {
    const { problem } = await expectProblem(
      app,
      post('{"tags":["a",5],"nmae":"x"}'),
      400,
      'OPS_REQUEST_INVALID',
    );
    expect(problem.errors.map(({ field, reason }) => `${field} ${reason}`)).toEqual([
      'name is required',
      'tags[1] must be a string',
      'nmae is not known here; check its spelling',
    ]);
  });

  it.each(['', '   ', 'null', '[]', '5', '"x"'])('refuses %j where an object is needed', async (text) => {
    await expectProblem(app, post(text), 400, 'OPS_REQUEST_INVALID');
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
  ])('reads %s', async (encoding, compress) => {
    const answer = await app.inject(
      post(compress('{"name":"a"}'), { ...json, 'content-encoding': encoding }),
    );
    expect(answer.json()).toEqual({ name: 'a' });
  });

  it('stops a zip bomb at the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(5_000_000, 0x20));
    expect(bomb.length).toBeLessThan(limits.INGEST_MAX_BODY_BYTES);
    await expectProblem(
      app,
      post(bomb, { ...json, 'content-encoding': 'gzip' }),
      413,
      'OPS_REQUEST_TOO_LARGE',
    );
  });

  it('counts what comes out while it is decompressed, and stops where all bodies together are too much', async () => {
    const request = Object.assign(new PassThrough(), { headers: { 'content-encoding': 'gzip' } });
    const tooMuch = new OpsError('overloaded', 'OPS_REQUEST_TOO_MANY', 'no room');
    let held = 0;
    const hold = (bytes: number) => {
      if (bytes > 300_000) throw tooMuch;
      held = bytes;
    };
    const read = new Promise((resolve) => {
      const given = { maxBodyBytes: 1_000_000, maxInflatedBytes: 10_000_000 };
      const memory = { hold, giveBack: () => undefined, rooms: new SpareRooms(0) };
      readRequestBody(request as unknown as IncomingMessage, given, memory, (...[error]) => resolve(error));
    });
    request.end(gzipSync(Buffer.alloc(10_000_000)));
    expect(await read).toBe(tooMuch);
    expect(held).toBeGreaterThan(200_000);
  });

  it.each([
    ['not compressed at all', Buffer.from('{"name":"a"}')],
    ['cut short', gzipSync('{"name":"a"}').subarray(0, 15)],
  ])('refuses a gzip body that is %s', async (_what, payload) => {
    await expectProblem(
      app,
      post(payload, { ...json, 'content-encoding': 'gzip' }),
      400,
      'OPS_REQUEST_MALFORMED',
    );
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
  ])(
    'refuses %s data that other bytes follow, which nobody would read, and takes padding',
    async (encoding, compress) => {
      const data = compress('{"name":"a"}');
      const followedBy = (bytes: Buffer) =>
        post(Buffer.concat([data, bytes]), { ...json, 'content-encoding': encoding });
      await expectProblem(app, followedBy(Buffer.from('{"name":"b"}')), 400, 'OPS_REQUEST_MALFORMED');
      expect((await app.inject(followedBy(Buffer.alloc(7)))).json()).toEqual({ name: 'a' });
    },
  );

  it('refuses a body that is too large, an unknown type and an unknown encoding', async () => {
    await expectProblem(app, post('x'.repeat(20_000)), 413, 'OPS_REQUEST_TOO_LARGE');
    await expectProblem(
      app,
      post('a=1', { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'OPS_REQUEST_MEDIA_TYPE',
    );
    await expectProblem(app, post('a', { 'content-type': ';;' }), 415, 'OPS_REQUEST_MEDIA_TYPE');
    await expectProblem(app, post('a', {}), 415, 'OPS_REQUEST_MEDIA_TYPE');
    const { problem } = await expectProblem(
      app,
      post('a', { ...json, 'content-encoding': 'zstd' }),
      415,
      'OPS_REQUEST_MEDIA_TYPE',
    );
    expect(problem.errors[0]).toMatchObject({ field: 'Content-Encoding' });
  });

  it.each(['application/x-ndjson', 'application/jsonl; charset=utf-8'])(
    'hands over %s as bytes',
    async (type) => {
      const answer = await app.inject(post('{"a":1}\nbroken\n', { 'content-type': type }, '/things/raw'));
      expect(answer.json()).toEqual({ isBuffer: true, text: '{"a":1}\nbroken\n' });
    },
  );
});
