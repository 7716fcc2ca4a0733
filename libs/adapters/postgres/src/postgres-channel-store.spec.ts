import { startCatalog } from '../../../../test/support/start-catalog';
import { channelStoreConformance } from '../../../conformance/src/channel-store.conformance';
import { PostgresChannelStore } from './postgres-channel-store';

channelStoreConformance('PostgreSQL', async () => {
  const catalog = await startCatalog();
  return { ...catalog, store: new PostgresChannelStore(catalog.pool) };
});
