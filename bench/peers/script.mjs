// A sequential script, as administrators keep one: no engine, no record, one account after the other.
import { contain } from './containment.mjs';

export async function start(tenant) {
  const step = (_name, work) => work();
  return {
    async all(cases, fair) {
      for (const one of cases) await contain(tenant, step, one, fair);
    },
    async close() {},
  };
}
