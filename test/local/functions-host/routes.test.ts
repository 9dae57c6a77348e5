import { describe, expect, it } from 'vitest';
import type { RegisteredFunction } from '../../../local/functions-host/core-api.ts';
import { bySpecificity, matchRoute, parseRoute } from '../../../local/functions-host/routes.ts';

function http(name: string, route?: string, methods = ['GET']): RegisteredFunction {
  const binding = { type: 'httpTrigger', methods, ...(route !== undefined && { route }) };
  const bindings = { req: binding };
  return {
    ...{ name, bindings, trigger: { name: 'req', binding }, retry: false },
    metadata: { name, bindings, retryOptions: undefined },
    callback: () => undefined,
  };
}

function router(...functions: RegisteredFunction[]) {
  const routes = functions.map((called) => parseRoute(called, 'api')).sort(bySpecificity);
  return (path: string, method = 'GET') => {
    const match = matchRoute(routes, method, path);
    return match && [match.route.function.name, match.parameters];
  };
}

describe('a route', () => {
  it('is the function’s name if none is given', () => {
    expect(router(http('list-runs'))('/api/list-runs')).toEqual(['list-runs', {}]);
  });

  it('matches literals in any case and keeps a parameter’s own', () => {
    expect(router(http('get', 'runs/{id}'))('/API/Runs/F5E8.8m2p')).toEqual(['get', { id: 'F5E8.8m2p' }]);
  });

  it('decodes a parameter, but never into a slash — it would be another path', () => {
    expect(router(http('get', 'runs/{id}'))('/api/runs/a%20b%2Fc')).toEqual(['get', { id: 'a b%2Fc' }]);
    expect(router(http('get', 'runs/{id}'))('/api/runs/%E0%A4%A')).toEqual(['get', { id: '%E0%A4%A' }]);
  });

  it('may end in an optional part or in a rest', () => {
    const find = router(http('optional', 'runs/{id?}'), http('rest', 'files/{*path}'));
    expect(find('/api/runs')).toEqual(['optional', {}]);
    expect(find('/api/runs/1')).toEqual(['optional', { id: '1' }]);
    expect(find('/api/files/a/b/c')).toEqual(['rest', { path: 'a/b/c' }]);
    expect(find('/api/runs/1/2')).toBeNull();
  });

  it('enforces a parameter’s constraint', () => {
    const find = router(http('any', 'runs/{id}'), http('number', 'runs/{id:int}'));
    expect(find('/api/runs/7')).toEqual(['number', { id: '7' }]);
    expect(find('/api/runs/seven')).toEqual(['any', { id: 'seven' }]);
  });

  it('is chosen by method too', () => {
    const find = router(http('list', 'runs', ['GET']), http('start', 'runs', ['post']));
    expect(find('/api/runs', 'POST')).toEqual(['start', {}]);
    expect(find('/api/runs', 'GET')).toEqual(['list', {}]);
    expect(find('/api/runs', 'PUT')).toBeNull();
  });

  it.each(['runs/{id:regex(x)}', 'runs/{a}-{b}', 'runs/{'])(
    'is refused if this host cannot read it: %s',
    (route) => {
      expect(() => parseRoute(http('odd', route), 'api')).toThrow('does not know the segment');
    },
  );
});
