import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const JSON_TYPE = { 'content-type': 'application/json' };
const MEGABYTE = ' '.repeat(1024 * 1024);

export interface ModelServerRequest {
  readonly authorization: string | undefined;
  readonly path: string;
  readonly body: {
    readonly model: string;
    readonly max_tokens?: number;
    readonly messages: readonly { readonly role: string; readonly content: string }[];
  };
}

/** Text to answer with, or a status to fail with. */
export type ModelServerAnswer =
  | string
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      /** After the body: not another byte, and no end; or 64 MB of nothing. */
      readonly then?: 'trickles' | 'floods';
    }
  | { readonly hang: true };

/** A local server that speaks the chat completions API: scripted answers, recorded requests, 500 when the script is over. */
export class ModelServer {
  readonly requests: ModelServerRequest[] = [];
  /** Requests that the script had no answer for. */
  unexpected = 0;
  /** Megabytes of floods that somebody took. */
  flooded = 0;

  private constructor(
    private readonly server: Server,
    private readonly script: ModelServerAnswer[],
  ) {}

  static async start(script: readonly ModelServerAnswer[] = []): Promise<ModelServer> {
    const server = createServer();
    const model = new ModelServer(server, [...script]);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString());
        model.requests.push({ authorization: request.headers.authorization, path: request.url ?? '', body });
        const answer = model.next();
        if (typeof answer === 'object' && 'hang' in answer) return;
        if (typeof answer === 'string') {
          response.writeHead(200, JSON_TYPE).end(completion(body.model, answer));
          return;
        }
        response.writeHead(answer.status, { ...JSON_TYPE, ...answer.headers });
        if (answer.then === undefined) response.end(answer.body ?? '{}');
        else response.write(answer.body ?? '{');
        if (answer.then === 'floods') flood(response, () => model.flooded++);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return model;
  }

  /** For OPENAI_BASE_URL. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  answer(...script: readonly ModelServerAnswer[]): void {
    this.script.push(...script);
  }

  private next(): ModelServerAnswer {
    const answer = this.script.shift();
    if (answer !== undefined) return answer;
    this.unexpected++;
    return { status: 500, body: '{"error":{"message":"the script is over"}}' };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function flood(response: ServerResponse, onMegabyte: () => void): void {
  let left = 64;
  const pour = (): void => {
    if (response.destroyed || left-- === 0) return void response.end('}');
    response.write(MEGABYTE, () => {
      onMegabyte();
      pour();
    });
  };
  // Whoever has read enough breaks the pipe, which is his right.
  response.on('error', () => undefined);
  pour();
}

function completion(model: string, content: string): string {
  return JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 0,
    model,
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  });
}
