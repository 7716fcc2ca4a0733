import { ModelServer, type ModelServerAnswer } from '../../../../test/support/model-server';
import {
  languageModelConformance,
  type ModelReaction,
} from '../../../conformance/src/language-model.conformance';
import { OpsError } from '../../../core/src/common/errors';
import { OpenAiCompatibleLanguageModel } from './openai-compatible-language-model';

const API_KEY = 'sk-hidden-key';
const request = { system: 'rules', user: 'data', maxOutputTokens: 100, timeoutMs: 20_000 };

async function failureOf(promise: Promise<unknown>): Promise<OpsError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof OpsError) return error;
  throw new Error(`expected an OpsError, got ${String(error)}`);
}

function answerOf(reaction: ModelReaction): ModelServerAnswer {
  if (typeof reaction === 'object') return reaction.says;
  const body = JSON.stringify({ error: { message: `bad key ${API_KEY}` } });
  switch (reaction) {
    case 'refuses':
      return { status: 401, body };
    case 'is_overloaded':
      return { status: 429, body };
    case 'fails':
      return { status: 500, body };
    case 'is_silent':
      return { hang: true };
    case 'says_nothing':
      return '';
  }
}

languageModelConformance('a server that speaks the OpenAI API', async () => {
  const server = await ModelServer.start();
  return {
    model: new OpenAiCompatibleLanguageModel({ baseUrl: server.url, apiKey: API_KEY, model: 'tiny' }),
    secret: API_KEY,
    next: (reaction) => server.answer(answerOf(reaction)),
    asked: () => server.requests.length,
    end: () => server.stop(),
  };
});

describe('OpenAiCompatibleLanguageModel', () => {
  let server: ModelServer;
  let model: OpenAiCompatibleLanguageModel;

  beforeEach(async () => {
    server = await ModelServer.start();
    model = new OpenAiCompatibleLanguageModel({ baseUrl: server.url, apiKey: API_KEY, model: 'tiny' });
  });
  afterEach(() => server.stop());

  it('asks once, with the rules apart from the data', async () => {
    server.answer('an answer');
    expect(await model.complete(request)).toEqual({
      text: 'an answer',
      model: 'tiny',
      inputTokens: 10,
      outputTokens: 5,
    });
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({
      path: '/v1/chat/completions',
      authorization: `Bearer ${API_KEY}`,
      body: {
        model: 'tiny',
        max_tokens: 100,
        messages: [
          { role: 'system', content: 'rules' },
          { role: 'user', content: 'data' },
        ],
      },
    });
  });

  it.each([
    [400, 'unprocessable'],
    [401, 'unprocessable'],
    [404, 'unprocessable'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ])('takes status %d as %s, without a retry of its own', async (status, kind) => {
    server.answer({ status, body: JSON.stringify({ error: { message: `bad key ${API_KEY}` } }) });
    const failure = await failureOf(model.complete(request));
    expect(failure.kind).toBe(kind);
    expect(failure.message).not.toContain(API_KEY);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['no choices', { status: 200, body: '{"choices":[]}' }],
    ['no completion', { status: 200, body: '[]' }],
    ['null', { status: 200, body: 'null' }],
    ['nothing', { status: 200, body: '', headers: { 'content-length': '0' } }],
    ['no JSON', { status: 200, body: '<html>' }],
    ['an address to ask instead', { status: 307, headers: { location: '/v1/elsewhere' } }],
    ['megabytes', { status: 200, then: 'floods' } as const],
  ])('refuses an answer of %s', async (_what, answer) => {
    server.answer(answer);
    expect((await failureOf(model.complete(request))).kind).toBe('unprocessable');
    expect(server.requests).toHaveLength(1);
  });

  it('reads no more of a flood than any answer has', async () => {
    server.answer({ status: 200, then: 'floods' });
    await failureOf(model.complete(request));
    expect(server.flooded).toBeLessThan(32);
  });

  it('gives up after the time that it was given, too, on a server that begins to answer and goes no further', async () => {
    server.answer({ status: 200, then: 'trickles' });
    const failure = await failureOf(model.complete({ ...request, timeoutMs: 300 }));
    expect(failure).toMatchObject({ kind: 'unavailable', message: 'the model does not answer' });
  });

  it.each([
    ['7', 7],
    ['31536000', 30],
    ['-5', undefined],
    ['later', undefined],
  ])(
    'passes on that an overloaded server asks for patience (%s), within what a report can wait',
    async (asked, seconds) => {
      server.answer({ status: 429, headers: { 'retry-after': asked } });
      expect((await failureOf(model.complete(request))).retryAfterSeconds).toBe(seconds);
    },
  );

  it.each([
    ['none', {}],
    ['an object', { model: { a: 1 } }],
    ['only controls', { model: '\u001b\u0007' }],
  ])('calls the model by the name that it asked for where the answer names %s', async (_what, named) => {
    const choices = [{ message: { content: 'an answer' } }];
    server.answer({ status: 200, body: JSON.stringify({ choices, ...named }) });
    expect(await model.complete(request)).toEqual({
      text: 'an answer',
      model: 'tiny',
      inputTokens: 0,
      outputTokens: 0,
    });
  });

  it('cuts a name that no model has', async () => {
    const choices = [{ message: { content: 'an answer' } }];
    server.answer({ status: 200, body: JSON.stringify({ choices, model: 'm'.repeat(100_000) }) });
    expect((await model.complete(request)).model).toHaveLength(200);
  });
});
