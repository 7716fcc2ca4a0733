import { z } from 'zod';
import type { Page } from '../../core/src/common/page';
import { toIso } from '../../core/src/common/time-range';
import { API_KEY_PERMISSIONS, type ApiKey } from '../../core/src/projects/api-key';
import type { Project } from '../../core/src/projects/project';
import { field, text, toTotals, totals } from './common.contract';

const name = field(text(200), 'What people call it; the name appears on timelines', 'laptop');
const permissions = field(
  z.array(z.enum(API_KEY_PERMISSIONS)).min(1),
  'What it may do; admin includes all others',
  ['ingest', 'read'],
);

export const apiKeyRequest = z.strictObject({ name, permissions });

const fields = {
  id: field(z.string(), 'Id of the key', '3fa85f64-5717-4562-b3fc-2c963f66afa6'),
  name,
  prefix: field(z.string(), 'The first characters of the secret', 'ops_5Jq2'),
  permissions,
  created_at: field(z.string(), 'When it was made', '2026-01-15T12:00:00.000Z'),
  revoked_at: field(z.string(), 'When it was revoked', '2026-01-16T12:00:00.000Z').optional(),
};

export const apiKeyResponse = z.object(fields).meta({ id: 'ApiKey' });
export const apiKeyCreatedResponse = z.object({
  ...fields,
  secret: field(z.string(), 'The key itself; shown this once', 'ops_5Jq2…'),
});
export const apiKeyListResponse = z.object({
  api_keys: field(z.array(apiKeyResponse), 'The keys, revoked ones too', []),
  ...totals,
});
export const projectResponse = z.object({
  id: field(z.string(), 'Id of the project', '11111111-1111-4111-8111-111111111111'),
  name: field(z.string(), 'Its name', 'default'),
  created_at: field(z.string(), 'When it was made', '2026-01-15T12:00:00.000Z'),
});

export function toApiKeyResponse(key: ApiKey) {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    permissions: key.permissions,
    created_at: toIso(key.createdAtMs),
    ...(key.revokedAtMs !== undefined && { revoked_at: toIso(key.revokedAtMs) }),
  };
}

export function toApiKeyListResponse(page: Page<ApiKey>) {
  return { api_keys: page.items.map(toApiKeyResponse), ...toTotals(page) };
}

export function toProjectResponse(project: Project) {
  return { id: project.id, name: project.name, created_at: toIso(project.createdAtMs) };
}
