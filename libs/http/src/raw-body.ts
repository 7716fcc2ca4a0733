import type { SpareRooms } from '../../core/src/common/spare-rooms';

/** The body of a direct route, decompressed and without a byte order mark: nothing of it has been looked at. */
export class RawBody {
  constructor(
    readonly bytes: Buffer,
    /** One JSON value, or one a line. */
    readonly form: 'json' | 'lines',
    private readonly rooms?: SpareRooms,
  ) {}

  /** To be called when nobody reads its bytes any more: they will be written over. */
  release(): void {
    this.rooms?.giveBackBytes(this.bytes);
  }
}
