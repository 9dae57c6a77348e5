// One Exchange cmdlet: its parameters, who may run it, and what it does to the tenant. A new cmdlet is one of these
// in a file of its subject and a line in the list of endpoint.ts.
import { isRow, Refusal, type Row } from '../answers.ts';
import type { Claims } from '../identity.ts';
import type { TenantFile } from '../schema.ts';
import type { Store } from '../store.ts';

type ParameterKind = 'string' | 'boolean' | 'switch' | 'strings' | 'number' | 'recipient';

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
  parameters: Readonly<Record<string, ParameterKind>>;
  /** Must be given and not be null. */
  mandatory?: readonly string[];
  /** Works on the content of one mailbox and must be routed to it. */
  inMailbox?: true;
  /** Changes something and asks first: without "Confirm": false there is nobody to answer. */
  confirms?: true;
  run(call: CmdletCall): Row[];
}

/** A refusal as the cmdlet itself words it: the class of the exception and its message. */
export const cmdletRefusal = (status: number, code: string, exception: string, message: string) =>
  new Refusal(status, code, message, { exception });

export const objectNotFound = (identity: string) =>
  cmdletRefusal(
    404,
    'NotFound',
    'Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException',
    `The operation couldn't be performed because object '${identity}' couldn't be found on 'EURPR01A001.PROD.OUTLOOK.COM'.`,
  );

const binding = (message: string) =>
  cmdletRefusal(400, 'BadRequest', 'System.Management.Automation.ParameterBindingException', message);

const fits: Readonly<Record<ParameterKind, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  recipient: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  switch: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  strings: (value) =>
    typeof value === 'string' || (Array.isArray(value) && value.every((entry) => typeof entry === 'string')),
};
const common: Readonly<Record<string, ParameterKind>> = {
  ErrorAction: 'string',
  WarningAction: 'string',
  Verbose: 'switch',
};

/** Binds parameters as the cmdlet's binder does, names without regard to case. Throws its refusals. */
export function bind(cmdlet: Cmdlet, given: Row): Row {
  const bound: Row = {};
  const parameters: Cmdlet['parameters'] = {
    ...common,
    ...cmdlet.parameters,
    ...(cmdlet.confirms ? { Confirm: 'switch' } : {}),
  };
  for (const [name, value] of Object.entries(given)) {
    const [known, kind] =
      Object.entries(parameters).find(([key]) => key.toLowerCase() === name.toLowerCase()) ?? [];
    if (known === undefined || kind === undefined)
      throw binding(`A parameter cannot be found that matches parameter name '${name}'.`);
    if (isRow(value) && value['@odata.type'] !== '#Exchange.GenericHashTable') {
      throw binding(
        `Cannot process argument transformation on parameter '${known}'. Cannot convert the object to a hashtable: "@odata.type" must be "#Exchange.GenericHashTable".`,
      );
    }
    const hashtable = kind === 'strings' && isRow(value);
    if (value !== null && !hashtable && !fits[kind](value)) {
      throw binding(
        `Cannot process argument transformation on parameter '${known}'. Cannot convert value "${JSON.stringify(value)}" to the type of the parameter.`,
      );
    }
    if (value === '' && kind === 'string')
      throw binding(`Cannot bind argument to parameter '${known}' because it is an empty string.`);
    bound[known] = value;
  }
  for (const name of cmdlet.mandatory ?? []) {
    if (bound[name] === undefined || bound[name] === null) {
      throw binding(`Cannot process command because of one or more missing mandatory parameters: ${name}.`);
    }
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
