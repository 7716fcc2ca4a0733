import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { envSchema } from '../../libs/config/src/env.schema';
import { loadConfig } from '../../libs/config/src/load-config';
import { CLOSING_MS } from '../../libs/runtime/src/stop-within';
import { ENGINE_VARIABLES } from '../support/production-engines';
import { programOf, ROLES } from '../support/start-role';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly restart?: string;
  readonly stop_grace_period?: string;
  readonly read_only?: boolean;
  readonly ports?: readonly string[];
  readonly env_file?: readonly unknown[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly deploy?: {
    readonly resources?: { readonly limits?: { readonly cpus?: string; readonly memory?: string } };
  };
}

const ROOT = path.resolve(__dirname, '../..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const file = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> };
const services = Object.entries(file.services);
const ours = services.filter(([, { build }]) => build !== undefined);

const SECRET_NAME = /PASSWORD|PASS$|PWD|SECRET|TOKEN|_KEY$/;
/** `${NAME:?message}` asks for the value, `${NAME:-}` leaves it empty; anything else would be a value of ours. */
const ASKED_FOR = /^\$\{\w+(?::\?[^}]*|:-)?\}$/;
const CREDENTIALS = /:\/\/[^:/@]*:(.*)@/;

const isOneShot = ({ restart }: Service) => restart === 'no';
const hasHealthCheck = ({ healthcheck }: Service) =>
  healthcheck?.disable !== true && (healthcheck?.test?.length ?? 0) > 0;

function dependenciesOf(service: Service) {
  return Object.entries(service.depends_on ?? {}).map(
    ([name, { condition }]) => [name, condition, services.find(([known]) => known === name)?.[1]] as const,
  );
}

/** What Compose makes of a value when only what must be set is set. A default may hold another variable. */
function interpolate(value: string): string {
  const inner = value.replace(
    /\$\{\w+(?::\?[^}]*|:-([^${}]*))?\}/g,
    (whole, byDefault: string | undefined) => (whole.includes(':?') ? 'chosen' : (byDefault ?? '')),
  );
  return inner === value ? value : interpolate(inner);
}

describe('docker-compose.yml', () => {
  it('is what the Compose Specification allows', () => {
    const schema = JSON.parse(read('test/support/compose-spec/schema.json')) as object;
    // It names its dialect by https, the validator knows it by http.
    const dialect = { $schema: 'http://json-schema.org/draft-07/schema#' };
    const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
    const validate = ajv.compile({ ...schema, ...dialect });
    validate(file);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ ...file, services: { api: { imago: 'opspilot' } } })).toBe(false);
  });

  it('names the engines of production mode', () => {
    const engines = services.filter(([, { build }]) => build === undefined);
    expect(engines.map(([name, { image }]) => `${name}: ${image.replace(/[.\d]*(-pg\d+)?$/, '$1')}`)).toEqual(
      [
        'postgres: timescale/timescaledb:-pg17',
        'rabbitmq: rabbitmq:',
        'opensearch: opensearchproject/opensearch:',
        'redis: redis:',
        'temporal: temporalio/auto-setup:',
        'temporal-ui: temporalio/ui:',
      ],
    );
  });

  it.each(ROLES)('runs %s with the command and the variables that the tests run it with', (name) => {
    const { command, environment } = file.services[name] ?? {};
    expect(command).toEqual(['node', programOf(name)]);
    expect(Object.keys(environment ?? {})).toEqual(
      expect.arrayContaining(['DATABASE_URL', 'TEMPORAL_ADDRESS', ...Object.keys(ENGINE_VARIABLES)]),
    );
  });

  it('names the four roles and the migration', () => {
    expect(ours.map(([name]) => name)).toEqual([
      'migrate',
      'ingest',
      'api',
      'ingest-worker',
      'workflow-worker',
    ]);
  });

  it.each(services)('checks the health of %s, or runs it once', (_name, service) => {
    expect(isOneShot(service) !== hasHealthCheck(service)).toBe(true);
  });

  it.each(services)('bounds the processors and the memory of %s', (_name, { deploy }) => {
    expect(deploy?.resources?.limits).toEqual({
      cpus: expect.stringMatching(/^\d+(\.\d+)?$/),
      memory: expect.stringMatching(/^\d+[MG]$/),
    });
  });

  it.each(services)('starts %s after what it needs is healthy or done', (_name, service) => {
    for (const [name, condition, needed] of dependenciesOf(service)) {
      if (needed === undefined) throw new Error(`there is no service ${name}`);
      expect([name, condition]).toEqual([
        name,
        isOneShot(needed) ? 'service_completed_successfully' : 'service_healthy',
      ]);
    }
  });

  it('holds PostgreSQL for healthy only when others reach it, which they do not while its database is made', () => {
    expect(file.services['postgres']?.healthcheck?.test).toEqual(expect.arrayContaining(['-h', '127.0.0.1']));
  });

  it('holds Temporal for healthy only when the namespace is there that the roles use', () => {
    const { TEMPORAL_NAMESPACE } = loadConfig({ environment: {} });
    expect(file.services['temporal']?.healthcheck?.test?.join(' ')).toContain(
      `namespace describe --address "$$(hostname -i):7233" --namespace ${TEMPORAL_NAMESPACE} `,
    );
  });

  it.each(ours)(
    'gives %s the time to end that it takes at most, and no files to change',
    (_name, service) => {
      const { SHUTDOWN_TIMEOUT_SECONDS } = loadConfig({ environment: {} });
      expect(service.stop_grace_period).toMatch(/^\d+s$/);
      expect(Number.parseInt(service.stop_grace_period ?? '', 10)).toBeGreaterThan(
        SHUTDOWN_TIMEOUT_SECONDS + CLOSING_MS / 1000,
      );
      expect(service.read_only).toBe(true);
    },
  );

  it('links notifications to where the API is published', () => {
    const { ports = [], environment } = file.services['api'] ?? {};
    expect(`http://${interpolate(ports[0] ?? '')}`).toBe(
      `${interpolate(environment?.['PUBLIC_URL'] ?? '')}:3000`,
    );
  });

  it.each(services)('pins the image of %s', (_name, { image }) => {
    expect(image).toMatch(/:\d+(\.\d+)*(-pg\d+)?$/);
  });

  it.each(services)('holds no secret of %s', (_name, { environment = {} }) => {
    for (const [name, value] of Object.entries(environment)) {
      const secret = SECRET_NAME.test(name) ? value : CREDENTIALS.exec(value)?.[1];
      if (secret !== undefined) expect([name, secret]).toEqual([name, expect.stringMatching(ASKED_FOR)]);
    }
  });

  it.each(ours)('gives %s only variables that it knows, with values that it takes', (_name, service) => {
    const environment = Object.fromEntries(
      Object.entries(service.environment ?? {}).map(([name, value]) => [name, interpolate(value)]),
    );
    expect(Object.keys(environment).filter((name) => !(name in envSchema.shape))).toEqual([]);
    expect(loadConfig({ environment, required: ['DATABASE_URL', 'TEMPORAL_ADDRESS'] })).toMatchObject({
      TEMPORAL_ADDRESS: 'temporal:7233',
    });
  });

  it.each(ours)(
    'hands %s all that .env sets, but for what would move it from where others look for it',
    (_name, service) => {
      expect(service.env_file).toEqual([{ path: '.env', required: false }]);
      const { HOST, PORT, OPSPILOT_HOME } = service.environment ?? {};
      expect(service.healthcheck?.test?.join(' ') ?? '').toMatch(
        service.healthcheck?.disable === true ? /^$/ : `http://127.0.0.1:${PORT}/ready`,
      );
      for (const port of service.ports ?? []) expect(port.endsWith(`:${PORT}`)).toBe(true);
      expect(HOST).toBe('0.0.0.0');
      expect(OPSPILOT_HOME).toBe(loadConfig({ environment: {} }).OPSPILOT_HOME);
    },
  );

  it('hands what .env sets to no engine: passwords of the others are nothing to them', () => {
    const engines = services.filter(([, { build }]) => build === undefined);
    for (const [, { env_file: envFile }] of engines) expect(envFile).toBeUndefined();
  });

  it.each(ours)('runs %s from a file that is built or copied into the image', (_name, { command = [] }) => {
    const [program, file = ''] = command;
    expect(program).toBe('node');
    expect(existsSync(path.join(ROOT, file.replace(/^dist\/(.*)\.js$/, '$1.ts')))).toBe(true);
    expect(read('Dockerfile')).toContain(`/opspilot/${file.split('/')[0]} `);
  });
});
