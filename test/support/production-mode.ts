import { ENGINE_VARIABLES } from './production-engines';

/**
 * Set up of the jest project e2e-production: the end-to-end specs, unchanged, on the production engines. Where there are
 * none the specs are skipped with the reason in their titles, or fail with OPSPILOT_TEST_REQUIRE_ENGINES=true.
 */
process.env['OPSPILOT_TEST_MODE'] = 'production';

const missing = Object.values(ENGINE_VARIABLES).filter((name) => (process.env[name] ?? '') === '');
if (missing.length > 0) {
  const reason = `${missing.join(', ')} not set`;
  if (process.env['OPSPILOT_TEST_REQUIRE_ENGINES'] === 'true')
    throw new Error(`${reason}, but OPSPILOT_TEST_REQUIRE_ENGINES is true`);
  const { skip } = describe;
  const skipped = (title: string, suite: () => void) => skip(`${title} (skipped, ${reason})`, suite);
  globalThis.describe = Object.assign(skipped, describe);
}
