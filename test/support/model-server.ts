import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

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
  string | { readonly status: number; readonly body?: string } | { readonly hang: true };

/** A local server that speaks the chat completions API: scripted answers, recorded requests, 500 when the script is over. */
export class ModelServer {
  readonly requests: ModelServerRequest[] = [];
  /** Requests that the script had no answer for. */
  unexpected = 0;

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
        const status = typeof answer === 'string' ? 200 : answer.status;
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(typeof answer === 'string' ? completion(body.model, answer) : (answer.body ?? '{}'));
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
