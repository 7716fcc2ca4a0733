import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { isUuid } from './ids';
import { uuidOfName } from './name-uuid';

const DNS_NAMESPACE = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

describe('uuidOfName', () => {
  it('gives the published version 5 ids of the DNS namespace', () => {
    expect(uuidOfName('www.example.com', DNS_NAMESPACE)).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
    expect(uuidOfName('python.org', DNS_NAMESPACE)).toBe('886313e1-3b8a-5372-9b90-0c9aee199e5d');
  });

  it('agrees with the SHA-1 of the platform for every name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        const namespace = Buffer.from(DNS_NAMESPACE.replaceAll('-', ''), 'hex');
        const digest = createHash('sha1').update(namespace).update(Buffer.from(name)).digest('hex');
        const uuid = uuidOfName(name, DNS_NAMESPACE);
        expect(isUuid(uuid)).toBe(true);
        expect(uuid.slice(0, 13).replaceAll('-', '')).toBe(digest.slice(0, 12));
        expect(uuid.slice(24)).toBe(digest.slice(20, 32));
      }),
    );
  });
});
