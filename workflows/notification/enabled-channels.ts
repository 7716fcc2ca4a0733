import { everyItem } from '../../libs/core/src/common/every-item';
import type { Channel } from '../../libs/core/src/notify/channel';
import type { ChannelStore } from '../../libs/core/src/notify/channel-store.port';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';

const CHANNELS_PER_PAGE = 100;

/** Those that a notification of now goes to. */
export async function enabledChannels(store: ChannelStore, scope: ProjectScope): Promise<readonly Channel[]> {
  const channels: Channel[] = [];
  for await (const channel of everyItem(CHANNELS_PER_PAGE, (page) => store.list(scope, page)))
    if (channel.enabled) channels.push(channel);
  return channels;
}
