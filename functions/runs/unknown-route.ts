// Whoever asks for a path that there is not, or with a method that it does not take, gets a problem that says what there
// is; the Functions host alone would answer 404 without a word.
import { Problem } from './api.ts';
import type { Route } from './routes.ts';

export const unknownRoute = {
  name: 'unknown-route',
  path: '{*rest}',
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
} as const;

/** Always throws. */
export function refuseUnknown(routes: readonly Route[], method: string, path: string): never {
  const taken = routes.filter((route) => fits(route.path, path)).map((route) => route.method);
  if (taken.length === 0) {
    throw new Problem(
      404,
      'Unknown path',
      'There is nothing here. GET /api/openapi.json says what there is.',
    );
  }
  throw new Problem(
    405,
    'Method not allowed',
    `${method} is not taken here; ${taken.join(', ')} is.`,
    {},
    {
      allow: taken.join(', '),
    },
  );
}

/** Literals in any case, as the host compares them. */
function fits(template: string, path: string): boolean {
  const wanted = template.split('/');
  const given = path.split('/').filter((segment) => segment !== '');
  return (
    wanted.length === given.length &&
    wanted.every((segment, index) => {
      const there = given[index] ?? '';
      return segment.startsWith('{') || segment.toLowerCase() === there.toLowerCase();
    })
  );
}
