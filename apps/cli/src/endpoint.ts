/** Where a path of the API, such as `/api/rules`, is: a proxy may have put OpsPilot behind a path of its own. */
export function endpointOf(url: string, path: `/${string}`): URL {
  return new URL(`.${path}`, url.endsWith('/') ? url : `${url}/`);
}
