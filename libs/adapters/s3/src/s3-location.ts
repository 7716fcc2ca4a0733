/** Where a bucket is, and who may use it. */
export interface S3Location {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Absent: what the AWS SDK finds by itself (environment, profile, role of the machine). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const DEFAULT_REGION = 'us-east-1';

/**
 * Reads `s3://KEY:SECRET@HOST[:PORT]/BUCKET[?region=…]`, and the same with `s3+http:` for a server without TLS; key and
 * secret percent-encoded, or left out. Undefined where host or bucket is missing or there is more to the path.
 */
export function readS3Location(written: string): S3Location | undefined {
  const url = new URL(written);
  const bucket = decodeURIComponent(url.pathname.replace(/^\/|\/$/g, ''));
  if (url.host === '' || bucket === '' || bucket.includes('/')) return undefined;
  return {
    endpoint: `${url.protocol === 's3+http:' ? 'http' : 'https'}://${url.host}`,
    region: url.searchParams.get('region') ?? DEFAULT_REGION,
    bucket,
    ...(url.username !== '' && {
      credentials: {
        accessKeyId: decodeURIComponent(url.username),
        secretAccessKey: decodeURIComponent(url.password),
      },
    }),
  };
}
