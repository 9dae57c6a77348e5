// A directory of a few people, and a Microsoft Graph that holds them and the originals that a test names. It applies
// the filters by which accounts are looked up; all other lists are empty.
import { z } from 'zod';
import type { GraphOptions, GraphReader } from '../../shared/model/clients.ts';
import { missing } from './fake-graph.ts';
import { account, adele } from './samples.ts';

const person = (id: string, name: string, more: Parameters<typeof account>[0] = {}) =>
  account({ id, userPrincipalName: `${name}@contoso.com`, displayName: name, ...more });

export const people = {
  adele,
  grady: 'd1f0a3c2-58b7-4c8e-9a64-2b1e7f905c33',
  megan: '0a3b5a4e-2cf1-4fd0-9b8e-5c8f6b7f1a21',
  isaiah: 'c1f0a3c2-58b7-4c8e-9a64-2b1e7f905c31',
  lee: '5b0d6a11-7a52-4b8e-8c1f-6d9e4a3b2c10',
} as const;

export const directory = [
  person(people.adele, 'adele'),
  person(people.grady, 'grady', { synced: true }),
  person(people.megan, 'megan'),
  person(people.isaiah, 'isaiah', { privileged: true }),
  person(people.lee, 'lee', {
    guest: true,
    userPrincipalName: 'lee_fabrikam.example#EXT#@contoso.onmicrosoft.com',
  }),
];

const gradysSid = 'S-1-5-21-1004336348-1177238915-682003330-1104';
const adelesAlias = 'smtp:adele.vance@contoso.com';

const withId = z.looseObject({ id: z.union([z.string(), z.number()]) });
type Originals = Readonly<Record<string, readonly z.infer<typeof withId>[]>>;

const collections: Readonly<Record<string, string>> = {
  alerts: '/security/alerts_v2',
  incidents: '/security/incidents',
  riskDetections: '/identityProtection/riskDetections',
  riskyUsers: '/identityProtection/riskyUsers',
};
/** Where Microsoft Graph holds the payloads of a folder of test/events. */
export const ofFolder: Readonly<Record<string, string>> = {
  'alert-v2': 'alerts',
  incident: 'incidents',
  'risk-detection': 'riskDetections',
  'risky-user': 'riskyUsers',
};

/** `folder` says what the payload itself is, where it is an object of Microsoft Graph. */
export function graphOf(folder: string, payload: unknown, holds: Originals = {}): GraphReader {
  const own = ofFolder[folder];
  const self = withId.safeParse(payload);
  const all: Originals = own !== undefined && self.success ? { ...holds, [own]: [self.data] } : holds;
  const answers = new Map<string, unknown>();
  for (const [name, list] of Object.entries(all)) {
    for (const one of list) answers.set(`${collections[name]}/${one.id}`, one);
  }
  for (const { id, userPrincipalName } of directory) {
    answers.set(`/users/${userPrincipalName.toLowerCase()}`, { id, userPrincipalName });
  }
  return {
    async get<T>(path: string, schema: z.ZodType<T>, _options?: GraphOptions) {
      const place = decodeURIComponent(path.split('?')[0] ?? '');
      const found = answers.get(place) ?? answers.get(place.toLowerCase());
      if (found === undefined) throw missing(place);
      return schema.parse(found);
    },
    async list<T>(path: string, item: z.ZodType<T>) {
      return looked(decodeURIComponent(path)).map((entry) => item.parse(entry));
    },
    async search(path: string): Promise<never> {
      throw new Error(`triage starts no search, least of all ${path}`);
    },
  };
}

function looked(path: string): unknown[] {
  if (!path.startsWith('/users?')) return [];
  const user = (name: string) =>
    directory.filter(({ userPrincipalName }) => userPrincipalName.startsWith(name));
  if (path.includes(`'${gradysSid}'`)) return user('grady@');
  if (path.toLowerCase().includes(`'${adelesAlias}'`)) {
    return user('adele@').map((one) => ({ ...one, proxyAddresses: ['SMTP:adele@contoso.com', adelesAlias] }));
  }
  return [];
}
