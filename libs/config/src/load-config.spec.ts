import { engineSettings, postgresUrls } from './engine-settings';
import { environmentForChildren } from './environment-for-children';
import { loadConfig } from './load-config';
import { modelSettings } from './model-settings';

function problemsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    return (error as { problems: readonly string[] }).problems;
  }
  return [];
}

describe('configuration', () => {
  it('starts without any variable set', () => {
    expect(loadConfig({ environment: {} })).toMatchObject({
      PORT: 3000,
      OPSPILOT_HOME: '.opspilot',
      LOG_LEVEL: 'info',
    });
  });

  it('takes an empty variable for an unset one, as compose files and shells produce them', () => {
    expect(loadConfig({ environment: { PORT: '', DATABASE_URL: '' } })).toMatchObject({ PORT: 3000 });
  });

  it('lists every problem at once, by variable, without repeating values that may be secrets', () => {
    const problems = problemsOf(() =>
      loadConfig({
        environment: {
          PORT: '99999',
          LOG_LEVEL: 'loud',
          DATABASE_URL: 'hunter2',
          QUEUE_MAX_MESSAGES: 'many',
        },
      }),
    );
    expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
      'DATABASE_URL',
      'LOG_LEVEL',
      'PORT',
      'QUEUE_MAX_MESSAGES',
    ]);
    expect(problems.join()).not.toContain('hunter2');
  });

  it('says what was given and what is allowed, of numbers, words and flags', () => {
    const environment = {
      PORT: '99999',
      LOG_LEVEL: 'INFO',
      QUEUE_MAX_ATTEMPTS: '0',
      QUEUE_MAX_MESSAGES: 'many',
      METRICS_REQUIRE_KEY: 'yes',
    };
    expect(problemsOf(() => loadConfig({ environment }))).toEqual([
      'PORT: is 99999, and must be a whole number from 0 to 65535',
      'LOG_LEVEL: is INFO, and must be one of trace, debug, info, warn, error, fatal, silent',
      'QUEUE_MAX_MESSAGES: is many, and must be a whole number from 1 to 100000000',
      'QUEUE_MAX_ATTEMPTS: is 0, and must be a whole number from 1 to 1000',
      'METRICS_REQUIRE_KEY: is yes, and must be true or false',
    ]);
  });

  it('shows a long or unprintable value in one line', () => {
    const [problem = ''] = problemsOf(() =>
      loadConfig({ environment: { PORT: `1\u001b[2J\n${'9'.repeat(500)}` } }),
    );
    expect(problem).toMatch(/^PORT: is 1.{1,80}, and must be a whole number from 0 to 65535$/);
    expect(problem).not.toContain('\u001b');
  });

  it('refuses a number that no double holds', () => {
    expect(problemsOf(() => loadConfig({ environment: { PORT: '9'.repeat(400) } }))).toEqual([
      expect.stringMatching(/, and must be a whole number from 0 to 65535$/),
    ]);
  });

  it.each([
    ['CACHE_URL', 'redis://:hunter%2@host:6379'],
    ['LOG_STORE_URL', 'https://user:hunter%zz@host:9200'],
    ['QUEUE_URL', 'amqp://hunter%:2@host/%'],
    ['DATABASE_URL', 'postgres://user:2@host/hunter%'],
  ])(
    'refuses a %% of %s that encodes nothing, which the client of the engine would throw at',
    (name, url) => {
      const problems = problemsOf(() => loadConfig({ environment: { [name]: url } }));
      expect(problems).toEqual([expect.stringMatching(/percent-encoded: a % in it as %25$/)]);
      expect(problems[0]).toMatch(new RegExp(`^${name}: `));
      expect(problems[0]).not.toContain('hunter');
    },
  );

  it('shows for each engine a URL of that engine, and why a password may have broken it', () => {
    const problems = problemsOf(() =>
      loadConfig({
        environment: {
          CACHE_URL: 'redis://:pa#ss@host:6379',
          QUEUE_URL: 'amqp://user:pa/ss@host',
          LOG_STORE_URL: 'x',
        },
      }),
    );
    expect(problems).toEqual([
      expect.stringMatching(/^LOG_STORE_URL: .* http:\/\/host:9200, .*percent-encoded$/),
      expect.stringMatching(/^QUEUE_URL: .* amqp:\/\/user:password@host:5672, .*percent-encoded$/),
      expect.stringMatching(/^CACHE_URL: .* redis:\/\/:password@host:6379, .*percent-encoded$/),
    ]);
  });

  it.each(['PUBLIC_URL', 'OPSPILOT_URL', 'TEMPORAL_UI_URL', 'OPENAI_BASE_URL'])(
    'refuses a password in %s, which would be told to people or not be used, and does not repeat it',
    (name) => {
      const problems = problemsOf(() =>
        loadConfig({ environment: { [name]: 'https://ops:hunter2@opspilot.example.org' } }),
      );
      expect(problems).toEqual([`${name}: must be an http or https URL without user name and password`]);
      expect(loadConfig({ environment: { [name]: 'https://opspilot.example.org/' } })).toBeDefined();
    },
  );

  it('sends the key of OpenRouter to OpenRouter alone, and that of OPENAI_BASE_URL there', () => {
    const openAi = { OPENAI_BASE_URL: 'http://models.example.org/v1' };
    const settingsOf = (environment: Record<string, string>) => modelSettings(loadConfig({ environment }));
    expect(settingsOf({ ...openAi, OPENROUTER_API_KEY: 'for-openrouter' })).toMatchObject({
      baseUrl: 'https://openrouter.ai/api/v1',
      apiKey: 'for-openrouter',
    });
    const both = { OPENROUTER_API_KEY: 'for-openrouter', OPENAI_API_KEY: 'for-models' };
    expect(settingsOf({ ...openAi, ...both })).toMatchObject({
      baseUrl: 'http://models.example.org/v1',
      apiKey: 'for-models',
    });
  });

  it('refuses a port of Temporal that there cannot be, rather than trying it for ever', () => {
    for (const TEMPORAL_ADDRESS of ['host:0', 'host:65536', 'host:123456', 'http://host:7233', 'host']) {
      expect(problemsOf(() => loadConfig({ environment: { TEMPORAL_ADDRESS } }))).toHaveLength(1);
    }
    expect(loadConfig({ environment: { TEMPORAL_ADDRESS: 'host:65535' } })).toBeDefined();
  });

  it('refuses fractions, signs and units where a whole number is wanted', () => {
    for (const value of ['1.5', '-1', '10s', '0x10', '1e3', ' 5']) {
      expect(problemsOf(() => loadConfig({ environment: { WORKER_BATCH_RECORDS: value } }))).toHaveLength(1);
    }
  });

  it('names what is missing for a role that runs by itself together with what is wrong', () => {
    const problems = problemsOf(() =>
      loadConfig({ environment: { PORT: 'x' }, required: ['DATABASE_URL', 'TEMPORAL_ADDRESS'] }),
    );
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'PORT',
      'DATABASE_URL',
      'TEMPORAL_ADDRESS',
    ]);
    expect(problems[1]).toContain('must be set outside embedded mode');
  });

  it('places every kind of data in DATABASE_URL unless told otherwise', () => {
    const config = loadConfig({
      environment: { DATABASE_URL: 'postgres://a/b', QUEUE_URL: 'amqp://c', TEMPORAL_ADDRESS: 't:7233' },
    });
    expect(engineSettings(config).urls).toEqual({
      catalog: 'postgres://a/b',
      logStore: 'postgres://a/b',
      metricStore: 'postgres://a/b',
      queue: 'amqp://c',
      cache: 'memory:',
      objects: 'file:',
    });
    expect(postgresUrls(engineSettings(config).urls)).toEqual(['postgres://a/b']);
  });

  it('keeps keys and passwords from programs that OpsPilot starts', () => {
    expect(
      environmentForChildren({
        PATH: '/bin',
        OPENAI_API_KEY: 'k',
        PGPASSWORD: 'p',
        AWS_SECRET: 's',
        PORT: '1',
      }),
    ).toEqual({
      PATH: '/bin',
    });
  });
});
