import { OpsError } from '../../core/src/common/errors';
import type { LanguageModel } from '../../core/src/investigation/language-model.port';

/** What the server of a model may do with a request. */
export type ModelReaction =
  { readonly says: string } | 'refuses' | 'is_overloaded' | 'fails' | 'is_silent' | 'says_nothing';

export interface LanguageModelSubject {
  readonly model: LanguageModel;
  /** What may stand in no error. */
  readonly secret: string;
  /** What the server does with the next request. */
  next(reaction: ModelReaction): void;
  /** How many requests have arrived since the start. */
  asked(): number;
  end(): Promise<void>;
}

const request = { system: 'rules', user: 'data', maxOutputTokens: 100, timeoutMs: 20_000 };

/** What every LanguageModel promises. */
export function languageModelConformance(name: string, start: () => Promise<LanguageModelSubject>): void {
  describe(`LanguageModel on ${name}`, () => {
    let subject: LanguageModelSubject;

    beforeEach(async () => {
      subject = await start();
    });
    afterEach(() => subject.end());

    async function failureOf(answer: Promise<unknown>): Promise<OpsError> {
      const error: unknown = await answer.then(
        (text) => new Error(`answered ${JSON.stringify(text)}`),
        (reason: unknown) => reason,
      );
      if (error instanceof OpsError) return error;
      throw error;
    }

    it('has a name, and answers with a text and what it cost', async () => {
      expect(subject.model.name).toMatch(/./);
      subject.next({ says: 'an answer' });
      expect(await subject.model.complete(request)).toEqual({
        text: 'an answer',
        model: expect.stringMatching(/./),
        inputTokens: expect.any(Number),
        outputTokens: expect.any(Number),
      });
    });

    it.each([
      ['refuses', 'unprocessable'],
      ['says_nothing', 'unprocessable'],
      ['is_overloaded', 'unavailable'],
      ['fails', 'unavailable'],
    ] as const)('asks a server that %s once, and calls it %s', async (reaction, kind) => {
      subject.next(reaction);
      const failure = await failureOf(subject.model.complete(request));
      expect(failure.kind).toBe(kind);
      expect(failure.message).not.toContain(subject.secret);
      expect(subject.asked()).toBe(1);
    });

    it('gives up after the time that it was given', async () => {
      subject.next('is_silent');
      const failure = await failureOf(subject.model.complete({ ...request, timeoutMs: 150 }));
      expect(failure.kind).toBe('unavailable');
    });

    it('stops when it is told to', async () => {
      subject.next('is_silent');
      const failure = await failureOf(subject.model.complete(request, AbortSignal.timeout(100)));
      expect(failure.kind).toBe('unavailable');
    });
  });
}
