import { gzipSync } from 'node:zlib';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed. */
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- what a test reads, looked into freely
}

export interface Api {
  get(path: string): Promise<Answer>;
  post(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  put(path: string, body: unknown): Promise<Answer>;
  patch(path: string, body: unknown): Promise<Answer>;
  delete(path: string): Promise<Answer>;
  /** Sends bytes as they are. */
  raw(
    method: string,
    path: string,
    body: string | Uint8Array | undefined,
    headers: Readonly<Record<string, string>>,
  ): Promise<Answer>;
}

/** Plain HTTP as any client would speak it. */
export function apiOf(opspilot: { readonly url: string; readonly apiKey: string }): Api {
  const raw: Api['raw'] = async (method, path, body, headers) => {
    const response = await fetch(new URL(path, opspilot.url), {
      method,
      headers,
      ...(body !== undefined && { body: body as NonNullable<RequestInit['body']> }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  const withKey = { 'x-api-key': opspilot.apiKey };
  const json = { ...withKey, 'content-type': 'application/json' };
  return {
    raw,
    get: (path) => raw('GET', path, undefined, withKey),
    post: (path, body, headers) =>
      raw('POST', path, body === undefined ? undefined : JSON.stringify(body), {
        ...(body === undefined ? withKey : json),
        ...headers,
      }),
    put: (path, body) => raw('PUT', path, JSON.stringify(body), json),
    patch: (path, body) => raw('PATCH', path, JSON.stringify(body), json),
    delete: (path) => raw('DELETE', path, undefined, withKey),
  };
}

export function gzipped(value: unknown): Uint8Array {
  return gzipSync(JSON.stringify(value));
}
