import { OpsError } from '../../../core/src/common/errors';
import { LanguageModel, type ModelAnswer } from '../../../core/src/investigation/language-model.port';

/** Where no model is configured. Everything is written from statistics, and says so. */
export class NoLanguageModel extends LanguageModel {
  override readonly name = undefined;

  override complete(): Promise<ModelAnswer> {
    const message = 'no language model is configured';
    return Promise.reject(new OpsError('unprocessable', 'OPS_MODEL_REFUSED', message));
  }
}
