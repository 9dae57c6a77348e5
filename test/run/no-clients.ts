// Clients for steps that ask nobody: any request is a mistake in the test.
import type { Clients } from '../../shared/model/clients.ts';

const refuse = (): never => {
  throw new Error('this step must not ask a service');
};

export const noClients: Clients = {
  graph: {
    get: refuse,
    list: refuse,
    search: refuse,
    patch: refuse,
    post: refuse,
    postMime: refuse,
    delete: refuse,
  },
  exchange: { get: refuse, run: refuse },
  defender: { get: refuse, post: refuse },
};
