import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { openSearchSubject, SILENT } from '../../../../test/support/opensearch-specs';
import { logStoreConformance } from '../../../conformance/src/log-store.conformance';

describeWithEngine('opensearch', 'OpenSearchLogStore', (url) => {
  logStoreConformance('OpenSearch', async () => {
    const subject = openSearchSubject(url, SILENT);
    await subject.store.ensurePartitions(Date.parse('2026-03-10T12:00:00Z'));
    return subject;
  });
});
