import type { FastifyInstance } from 'fastify';

interface KnownRoute {
  readonly method: string;
  readonly segments: readonly string[];
}

/** The routes of an app: which methods a path takes, for 405 and its Allow header. */
export class RouteTable {
  private readonly routes: KnownRoute[] = [];

  /** Must be called before the routes are added. */
  watch(instance: FastifyInstance): void {
    instance.addHook('onRoute', (route) => {
      const methods = Array.isArray(route.method) ? route.method : [route.method];
      for (const method of methods) this.routes.push({ method, segments: segmentsOf(route.url) });
    });
  }

  /** Methods that this path takes; none where there is nothing at the path. */
  methodsAt(path: string): readonly string[] {
    const segments = segmentsOf(path);
    const matching = this.routes.filter((route) => matches(route.segments, segments));
    return [...new Set(matching.map((route) => route.method))].sort();
  }
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '');
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  return (
    pattern.length === path.length &&
    pattern.every((segment, index) => segment.startsWith(':') || segment === path[index])
  );
}
