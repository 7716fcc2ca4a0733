type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** A request of who has the key, for `inject`. */
export function send(method: Method, url: string, payload?: object, key = 'writer') {
  return { method, url, headers: { 'x-api-key': key }, ...(payload !== undefined && { payload }) };
}

/** The same without a body, of who may only read unless another key is given. */
export function get(url: string, key = 'reader') {
  return send('GET', url, undefined, key);
}
