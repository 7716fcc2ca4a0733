const TIMEOUT_MS = 10_000;

/** One request; throws where no answer comes. The body of an answer that is not JSON is left out. */
export async function request(url, apiKey, { method = 'GET', body, headers = {} } = {}) {
  const response = await fetch(url, {
    method,
    headers: {
      'X-API-Key': apiKey,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  let parsed;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  return { status: response.status, body: parsed };
}

/** As `request`, but any other status than those wanted is an error. */
export async function requestOk(url, apiKey, options) {
  const answer = await request(url, apiKey, options);
  if (answer.status >= 300)
    throw new Error(`${url} answered ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}
