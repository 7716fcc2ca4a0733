import type { ChannelId } from '../common/ids';
import type { Page, PageRequest } from '../common/page';
import type { ProjectScope } from '../projects/project-scope';
import type { Channel } from './channel';

/** The channels of a project, with their secrets. Errors: OpsError `unavailable` when the engine does not answer. */
export abstract class ChannelStore {
  abstract create(scope: ProjectScope, channel: Channel): Promise<void>;
  abstract find(scope: ProjectScope, id: ChannelId): Promise<Channel | undefined>;
  /** In order of creation. */
  abstract list(scope: ProjectScope, page: PageRequest): Promise<Page<Channel>>;
  abstract delete(scope: ProjectScope, id: ChannelId): Promise<boolean>;
}
