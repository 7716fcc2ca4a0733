const ENGINES = {
  rabbitmq: 'RabbitMQ',
  opensearch: 'OpenSearch',
  redis: 'Redis',
  s3: 'S3',
  timescaledb: 'TimescaleDB',
} as const;

export type Engine = keyof typeof ENGINES;

/** No package registry has TimescaleDB, so that a machine that must have all engines may still lack this one. */
const MAY_BE_ABSENT: ReadonlySet<Engine> = new Set(['timescaledb']);

/**
 * A suite on a production engine. Its tests get the engine's URL from `OPSPILOT_TEST_<ENGINE>_URL`. Where that is
 * absent they are skipped and the title says why; with `OPSPILOT_TEST_REQUIRE_ENGINES=true` the suite fails instead,
 * so that a run that means to use all engines cannot pass without one of them.
 */
export function describeWithEngine(engine: Engine, title: string, suite: (url: string) => void): void {
  const variable = `OPSPILOT_TEST_${engine.toUpperCase()}_URL`;
  const url = process.env[variable] ?? '';
  if (url !== '') {
    describe(title, () => suite(url));
    return;
  }
  const reason = `no ${ENGINES[engine]} here: ${variable} is not set`;
  if (process.env['OPSPILOT_TEST_REQUIRE_ENGINES'] === 'true' && !MAY_BE_ABSENT.has(engine)) {
    describe(title, () => {
      it('has its engine', () => {
        throw new Error(`${reason}, but OPSPILOT_TEST_REQUIRE_ENGINES is true`);
      });
    });
    return;
  }
  describe.skip(`${title} (skipped, ${reason})`, () => suite(url));
}
