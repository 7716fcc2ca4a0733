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
 * secret percent-encoded, or left out. Undefined where host or bucket is missing, there is more to the path, or a % begins no code.
 */
export function readS3Location(written: string): S3Location | undefined {
  const url = new URL(written);
  const bucket = decoded(url.pathname.replace(/^\/|\/$/g, ''));
  const accessKeyId = decoded(url.username);
  const secretAccessKey = decoded(url.password);
  if (bucket === undefined || accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  if (url.host === '' || bucket === '' || bucket.includes('/')) return undefined;
  return {
    endpoint: `${url.protocol === 's3+http:' ? 'http' : 'https'}://${url.host}`,
    region: url.searchParams.get('region') ?? DEFAULT_REGION,
    bucket,
    ...(accessKeyId !== '' && { credentials: { accessKeyId, secretAccessKey } }),
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
