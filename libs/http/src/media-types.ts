/** Of answers that are JSON already when they are handed to Fastify. */
export const JSON_MEDIA_TYPE = 'application/json; charset=utf-8';
