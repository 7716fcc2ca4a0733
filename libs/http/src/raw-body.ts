/** A request's body, decompressed and without a byte order mark: nothing of it has been looked at. */
export class RawBody {
  constructor(
    readonly bytes: Buffer,
    /** One JSON value, or one a line. */
    readonly form: 'json' | 'lines',
  ) {}
}

/** A route's Fastify configuration: its handler wants the body as a RawBody. */
export interface RawBodyConfig {
  readonly rawBody?: boolean;
}
