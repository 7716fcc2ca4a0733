import { SetMetadata } from '@nestjs/common';
import type { z } from 'zod';

export const ROUTE_DESCRIPTION_METADATA = 'opspilot:route';

export interface RouteDescription {
  /** One line, for the OpenAPI document. */
  readonly summary: string;
  /** The group that the route is shown in, such as `logs`. */
  readonly tag: string;
  readonly response?: z.ZodType;
  /** Where the route takes the connection instead of answering as it is declared to. */
  readonly status?: number;
}

/** What the OpenAPI document says about a route beyond what its decorators and contract pipes tell already. */
export function DescribeRoute(description: RouteDescription) {
  return SetMetadata(ROUTE_DESCRIPTION_METADATA, description);
}
