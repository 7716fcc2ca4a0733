import { compareTemplate, hasLogMappings, logIndexTemplate } from './log-index-template';

const wanted = logIndexTemplate(['logs-day-*']);

describe('compareTemplate', () => {
  it.each([
    ['absent', undefined],
    ['same', JSON.parse(JSON.stringify(wanted))],
    ['same', Object.fromEntries(Object.entries(wanted).reverse())],
    ['older', { ...wanted, version: wanted.version - 1 }],
    ['older', { ...wanted, version: undefined }],
    ['newer', { ...wanted, version: wanted.version + 1 }],
    ['changed', { ...wanted, priority: 1 }],
    ['changed', { ...wanted, composed_of: ['theirs'] }],
    ['changed', { ...wanted, data_stream: {} }],
    ['changed', { ...wanted, template: { ...wanted.template, settings: {} } }],
  ])('tells that it is %s', (expected, stored: unknown) => {
    expect(compareTemplate(stored, wanted)).toBe(expected);
  });
});

describe('hasLogMappings', () => {
  it('minds mappings and not settings', () => {
    expect(hasLogMappings({ ...wanted.template, settings: { number_of_shards: 3 } })).toBe(true);
    expect(hasLogMappings({ ...wanted.template, mappings: { properties: {} } })).toBe(false);
    expect(hasLogMappings({})).toBe(false);
    expect(hasLogMappings(undefined)).toBe(false);
  });
});
