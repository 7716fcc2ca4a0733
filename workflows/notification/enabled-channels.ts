import type { Channel } from '../../libs/core/src/notify/channel';
import type { ChannelStore } from '../../libs/core/src/notify/channel-store.port';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';

const CHANNELS_PER_PAGE = 100;

/** Those that a notification of now goes to. */
export async function enabledChannels(store: ChannelStore, scope: ProjectScope): Promise<readonly Channel[]> {
  const channels: Channel[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list(scope, {
      limit: CHANNELS_PER_PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    channels.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return channels.filter((channel) => channel.enabled);
}
