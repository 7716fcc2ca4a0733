/** The body of a direct route, decompressed and without a byte order mark: nothing of it has been looked at. */
export class RawBody {
  constructor(
    readonly bytes: Buffer,
    /** One JSON value, or one a line. */
    readonly form: 'json' | 'lines',
  ) {}
}
