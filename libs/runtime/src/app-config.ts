import type { Config } from '../../config/src/load-config';

/** The checked configuration, as an injection token. */
export class AppConfig {
  constructor(readonly values: Config) {}
}
