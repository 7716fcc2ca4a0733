export interface ReceivedEvent {
  readonly event: string;
  readonly data: any; // eslint-disable-line @typescript-eslint/no-explicit-any
}

/** Opens a stream of Server-Sent Events and collects what comes, as a browser does. */
export async function openEventStream(url: string, headers: Readonly<Record<string, string>>) {
  const leaving = new AbortController();
  const response = await fetch(url, { headers, signal: leaving.signal });
  const received: ReceivedEvent[] = [];
  const reading = response.ok ? read(response, received) : Promise.resolve('refused' as const);
  return {
    status: response.status,
    headers: response.headers,
    received,
    /** Resolves when the other side ends it, or when it was left. */
    ended: reading.catch(() => 'left' as const),
    /** The answer where it is no stream. */
    body: async () => JSON.parse(await response.text()) as Record<string, unknown>,
    leave: () => leaving.abort(),
  };
}

async function read(response: Response, received: ReceivedEvent[]): Promise<'ended'> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line) => [line.split(':', 1)[0], line.slice(line.indexOf(':') + 2)]),
      );
      const data = fields.get('data');
      if (data !== undefined)
        received.push({ event: fields.get('event') ?? 'message', data: JSON.parse(data) as unknown });
    }
  }
  return 'ended';
}
