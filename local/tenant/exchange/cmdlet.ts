// One Exchange cmdlet: its parameters, who may run it, and what it does to the tenant. A new cmdlet is one of these
// in a file of its subject and a line in the list of endpoint.ts.
import { isRow, type Row, TenantRefusal } from '../answers.ts';
import type { Claims } from '../identity.ts';
import type { TenantFile } from '../schema.ts';
import type { Store } from '../store.ts';
import { documentedOf } from './reference.ts';

export interface CmdletCall {
  store: Store;
  /** To read from; with a read lag it is older than what is written to. */
  file: TenantFile;
  parameters: Row;
  claims: Claims;
  /** The mailbox that the request is routed to, or null for the tenant's own. */
  anchor: string | null;
  warn(text: string): void;
}

export interface Cmdlet {
  name: string;
  /** The parameters that are imitated. All that exist, with types and sets, are in the reference. */
  parameters: readonly string[];
  /** Works on the content of one mailbox and must be routed to it. */
  inMailbox?: true;
  /** Changes something and asks first: without "Confirm": false there is nobody to answer. */
  confirms?: true;
  run(call: CmdletCall): Row[];
}

/** A refusal as the cmdlet itself words it: the class of the exception and its message. */
export const cmdletRefusal = (status: number, code: string, exception: string, message: string) =>
  new TenantRefusal(status, code, message, { exception });

export const objectNotFound = (identity: string) =>
  cmdletRefusal(
    404,
    'NotFound',
    'Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException',
    `The operation couldn't be performed because object '${identity}' couldn't be found on 'EURPR01A001.PROD.OUTLOOK.COM'.`,
  );

const binding = (message: string) =>
  cmdletRefusal(400, 'BadRequest', 'System.Management.Automation.ParameterBindingException', message);

const isText = (value: unknown): value is string => typeof value === 'string';
const isFlag = (value: unknown) => typeof value === 'boolean';

/** Whether the binder can convert the value to this type of the reference. */
function fits(type: string, value: unknown): boolean {
  if (/^(Switch|Boolean)$/.test(type)) return isFlag(value);
  if (/^U?Int/.test(type)) return typeof value === 'number';
  if (type === 'Unlimited') return /^(\d+|unlimited)$/i.test(String(value));
  if (type === 'DateTime') return isText(value) && !Number.isNaN(Date.parse(value));
  if (!isList(type)) return isText(value);
  return isText(value) || (Array.isArray(value) && value.every(isText)) || isRow(value);
}
const isList = (type: string) => /\[\]$|^MultiValuedProperty|Collection$/.test(type);
/** An empty string clears a parameter of these types; all others reject it. */
const takesNothing = (type: string) => /^(RecipientIdParameter|ProxyAddress)$/.test(type);

const common: Readonly<Record<string, string>> = {
  ErrorAction: 'ActionPreference',
  WarningAction: 'ActionPreference',
  Verbose: 'Switch',
};

function checkValue(name: string, type: string, value: unknown, values: readonly string[] | undefined): void {
  if (isRow(value) && value['@odata.type'] !== '#Exchange.GenericHashTable') {
    throw binding(
      `Cannot process argument transformation on parameter '${name}'. Cannot convert the object to a hashtable: "@odata.type" must be "#Exchange.GenericHashTable".`,
    );
  }
  const allowed = values?.map((entry) => entry.toLowerCase());
  const unlisted = allowed && [value].flat().find((entry) => !allowed.includes(String(entry).toLowerCase()));
  if ((value !== null && !fits(type, value)) || (unlisted !== undefined && isText(unlisted))) {
    throw binding(
      `Cannot process argument transformation on parameter '${name}'. Cannot convert value "${isText(value) ? value : JSON.stringify(value)}" to type "${type}".`,
    );
  }
  if (value === '' && !takesNothing(type))
    throw binding(`Cannot bind argument to parameter '${name}' because it is an empty string.`);
}

/** There must be a set that contains all given parameters, and everything it requires must be given. */
function checkSets(sets: readonly (readonly string[])[], bound: Row): void {
  const given = Object.keys(bound).filter((name) => !(name in common));
  const fitting = sets.filter((set) => given.every((name) => set.includes(name) || set.includes(`${name}!`)));
  if (fitting.length === 0) {
    throw binding('Parameter set cannot be resolved using the specified named parameters.');
  }
  const missing = fitting.map((set) =>
    set
      .flatMap((name) => (name.endsWith('!') ? [name.slice(0, -1)] : []))
      .filter((name) => (bound[name] ?? null) === null),
  );
  const [least = []] = missing.toSorted((one, other) => one.length - other.length);
  if (least.length > 0) {
    throw binding(
      `Cannot process command because of one or more missing mandatory parameters: ${least.join(' ')}.`,
    );
  }
}

/**
 * Binds parameters as PowerShell does, ignoring the case of names. Parameters that the app's roles hide count as unknown.
 * Throws the cmdlet's own errors.
 */
export function bind(cmdlet: Cmdlet, given: Row, hidden: readonly string[] = []): Row {
  const { types, sets, values } = documentedOf(cmdlet.name);
  const bound: Row = {};
  for (const [name, value] of Object.entries(given)) {
    const all = Object.entries({ ...common, ...types });
    const [known, type] = all.find(([key]) => key.toLowerCase() === name.toLowerCase()) ?? [];
    if (known === undefined || type === undefined || hidden.includes(known))
      throw binding(`A parameter cannot be found that matches parameter name '${name}'.`);
    if (!(known in common) && known !== 'Confirm' && !cmdlet.parameters.includes(known))
      throw new Error(`-${known} of ${cmdlet.name} is documented, and not imitated here.`);
    checkValue(known, type, value, values[known]);
    bound[known] = value;
  }
  checkSets(sets, bound);
  if (bound['Mailbox'] !== undefined && String(bound['Identity'] ?? '').includes('\\')) {
    // Both would name a mailbox. Known from public reports only.
    throw binding('Identity and Mailbox must not both say whose mailbox it is.');
  }
  if (cmdlet.confirms && bound['Confirm'] !== false) {
    throw cmdletRefusal(
      400,
      'BadRequest',
      'System.Management.Automation.PSInvalidOperationException',
      `${cmdlet.name} asks for confirmation and nobody can answer: send "Confirm": false.`,
    );
  }
  return bound;
}

/** A list parameter: a whole list replaces the old one, a hashtable adds to it and removes from it. */
export function changedList(before: readonly string[], value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.map(String);
  if (!isRow(value)) return [];
  const entries = (name: string): string[] => {
    const found = Object.entries(value).find(([key]) => key.toLowerCase() === name)?.[1];
    return Array.isArray(found) ? found.map(String) : found === undefined ? [] : [String(found)];
  };
  const removed = new Set(entries('remove').map((entry) => entry.toLowerCase()));
  return [...before.filter((entry) => !removed.has(entry.toLowerCase())), ...entries('add')];
}
