import type { ChannelId } from '../common/ids';
import type { Page, PageRequest } from '../common/page';
import type { ProjectScope } from '../projects/project-scope';
import type { Channel } from './channel';

/** The channels of a project, with their secrets. Errors: OpsError `unavailable` when the engine does not answer. */
export abstract class ChannelStore {
  /** False, changing nothing, where it would be one more than `most`. Errors: `not_found` for a project that is gone. */
  abstract create(scope: ProjectScope, channel: Channel, most: number): Promise<boolean>;
  abstract find(scope: ProjectScope, id: ChannelId): Promise<Channel | undefined>;
  /** In order of creation. */
  abstract list(scope: ProjectScope, page: PageRequest): Promise<Page<Channel>>;
  abstract delete(scope: ProjectScope, id: ChannelId): Promise<boolean>;
}
