import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ProblemResponse } from '../../libs/contracts/src/problem.contract';

/** Sends the request and checks that the answer is problem+json with this status and code, and complete. */
export async function expectProblem(
  app: NestFastifyApplication,
  request: Parameters<NestFastifyApplication['inject']>[0],
  status: number,
  code: string,
) {
  const answer = await app.inject(request);
  expect({ status: answer.statusCode, body: answer.json() as unknown }).toMatchObject({
    status,
    body: { status, code },
  });
  expect(answer.headers['content-type']).toBe('application/problem+json');
  const problem = answer.json<ProblemResponse>();
  expect(problem.title).not.toBe('');
  expect(problem.request_id).toBe(answer.headers['x-request-id']);
  return { problem, headers: answer.headers };
}
