// Where the engines are, as variables.
const TEST_VARIABLES = {
  rabbitmq: 'OPSPILOT_TEST_RABBITMQ_URL',
  opensearch: 'OPSPILOT_TEST_OPENSEARCH_URL',
  postgres: 'OPSPILOT_TEST_DATABASE_URL',
  redis: 'OPSPILOT_TEST_REDIS_URL',
  s3: 'OPSPILOT_TEST_S3_URL',
  temporal: 'OPSPILOT_TEST_TEMPORAL_ADDRESS',
};
const PRODUCTION_VARIABLES = {
  rabbitmq: 'QUEUE_URL',
  opensearch: 'LOG_STORE_URL',
  postgres: 'DATABASE_URL',
  redis: 'CACHE_URL',
  s3: 'OBJECT_STORE_URL',
  temporal: 'TEMPORAL_ADDRESS',
};

/** What the tests look for, to be read by a shell. */
export function environmentOf(engines) {
  return lines(engines, TEST_VARIABLES);
}

/** What the roles take, to be read by a shell. */
export function productionEnvironmentOf(engines) {
  const { s3 } = engines;
  // As OpsPilot names a bucket.
  const withBucket = s3 && { s3: { url: `${s3.url.replace('http:', 's3+http:')}/opspilot` } };
  return lines({ ...engines, ...withBucket }, PRODUCTION_VARIABLES);
}

function lines(engines, variables) {
  const present = Object.entries(variables).filter(([name]) => engines[name] !== undefined);
  return present.map(([name, variable]) => `export ${variable}='${engines[name].url}'\n`).join('');
}
