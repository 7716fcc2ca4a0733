import { NoLanguageModel } from './no-language-model';

describe('NoLanguageModel', () => {
  it('has no name, by which callers know that nobody is to be asked, and refuses those who ask', async () => {
    const model = new NoLanguageModel();
    expect(model.name).toBeUndefined();
    await expect(model.complete()).rejects.toMatchObject({
      kind: 'unprocessable',
      code: 'OPS_MODEL_REFUSED',
    });
  });
});
