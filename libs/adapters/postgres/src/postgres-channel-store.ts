import type { Pool } from 'pg';
import { asId, type ChannelId, type ProjectId } from '../../../core/src/common/ids';
import type { Page, PageRequest } from '../../../core/src/common/page';
import type { Channel } from '../../../core/src/notify/channel';
import { ChannelStore } from '../../../core/src/notify/channel-store.port';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { listInCreationOrder } from './creation-order';
import { onEngine } from './engine-error';
import { underParent } from './missing-parent';
import { oneAtATime } from './one-at-a-time';
import { storableText } from './storable-text';

interface ChannelRow {
  readonly project_id: string;
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly kind: Channel['kind'];
  readonly url: string;
  readonly secret: string;
  readonly created_at: Date;
}

export class PostgresChannelStore extends ChannelStore {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async create(scope: ProjectScope, channel: Channel, most: number): Promise<boolean> {
    const { rowCount } = await underParent('OPS_PROJECT_NOT_FOUND', 'project', () =>
      oneAtATime(this.pool, scope, 'channels', (client) =>
        client.query(
          `INSERT INTO channels (project_id, id, name, enabled, kind, url, secret, created_at)
           SELECT $1, $2, $3, $4, $5, $6, $7, $8
           WHERE (SELECT count(*) FROM channels WHERE project_id = $1) < $9`,
          [
            scope.projectId,
            channel.id,
            storableText(channel.name),
            channel.enabled,
            channel.kind,
            storableText(channel.url),
            storableText(channel.secret),
            new Date(channel.createdAtMs),
            most,
          ],
        ),
      ),
    );
    return rowCount === 1;
  }

  override async find(scope: ProjectScope, id: ChannelId): Promise<Channel | undefined> {
    const { rows } = await onEngine(() =>
      this.pool.query<ChannelRow>('SELECT * FROM channels WHERE project_id = $1 AND id = $2', [
        scope.projectId,
        id,
      ]),
    );
    return rows.map(toChannel)[0];
  }

  override list(scope: ProjectScope, page: PageRequest): Promise<Page<Channel>> {
    return listInCreationOrder(this.pool, 'channels', scope, page, toChannel);
  }

  override async delete(scope: ProjectScope, id: ChannelId): Promise<boolean> {
    const { rowCount } = await onEngine(() =>
      this.pool.query('DELETE FROM channels WHERE project_id = $1 AND id = $2', [scope.projectId, id]),
    );
    return rowCount === 1;
  }
}

function toChannel(row: ChannelRow): Channel {
  return {
    id: asId<ChannelId>(row.id),
    projectId: asId<ProjectId>(row.project_id),
    name: row.name,
    enabled: row.enabled,
    kind: row.kind,
    url: row.url,
    secret: row.secret,
    createdAtMs: row.created_at.getTime(),
  };
}
