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
    ['no JSON', { status: 200, body: '<html>' }],
  ])('refuses an answer of %s', async (_what, answer) => {
    server.answer(answer);
    expect((await failureOf(model.complete(request))).kind).toBe('unprocessable');
  });
});
