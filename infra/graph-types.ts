// The types of the Microsoft Graph extension that tenant.bicep uses, for the compiler. The registry with the published
// ones isn't reachable from everywhere, and uncompiled code is untested. These are stricter: a new property must be
// added here first. If there is a copy of the published types (MSGRAPH_BICEP_TYPES), the compiler uses that instead
// (https://learn.microsoft.com/graph/templates/bicep/reference/overview).
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findCompiler, run } from './compiler.ts';

type Shape = 'string' | 'boolean' | 'integer' | { list: Shape } | { name: string; of: Properties };
type Properties = Readonly<Record<string, Shape | readonly [Shape, ...Trait[]]>>;
/** What the compiler requires of a property. */
const traits = { required: 1, readOnly: 2, constant: 8, identifies: 16 } as const;
type Trait = keyof typeof traits;

const readOnlyId = { id: ['string', 'readOnly'] } as const satisfies Properties;

const appRole: Shape = {
  name: 'appRole',
  of: {
    id: 'string',
    value: 'string',
    displayName: 'string',
    description: 'string',
    allowedMemberTypes: { list: 'string' },
    isEnabled: 'boolean',
  },
};

const resources: Readonly<Record<string, Properties>> = {
  'Microsoft.Graph/applications': {
    ...readOnlyId,
    uniqueName: ['string', 'required', 'constant', 'identifies'],
    displayName: ['string', 'required'],
    appId: ['string', 'readOnly'],
    description: 'string',
    signInAudience: 'string',
    identifierUris: { list: 'string' },
    appRoles: { list: appRole },
    api: {
      name: 'apiApplication',
      of: {
        requestedAccessTokenVersion: 'integer',
        oauth2PermissionScopes: {
          list: {
            name: 'permissionScope',
            of: {
              id: 'string',
              value: 'string',
              type: 'string',
              adminConsentDisplayName: 'string',
              adminConsentDescription: 'string',
              isEnabled: 'boolean',
            },
          },
        },
        preAuthorizedApplications: {
          list: {
            name: 'preAuthorizedApplication',
            of: { appId: 'string', delegatedPermissionIds: { list: 'string' } },
          },
        },
      },
    },
    web: {
      name: 'webApplication',
      of: {
        redirectUris: { list: 'string' },
        implicitGrantSettings: {
          name: 'implicitGrantSettings',
          of: { enableIdTokenIssuance: 'boolean', enableAccessTokenIssuance: 'boolean' },
        },
      },
    },
  },
  'Microsoft.Graph/applications/federatedIdentityCredentials': {
    ...readOnlyId,
    name: ['string', 'required', 'constant', 'identifies'],
    audiences: [{ list: 'string' }, 'required'],
    issuer: ['string', 'required'],
    subject: ['string', 'required'],
    description: 'string',
  },
  'Microsoft.Graph/servicePrincipals': {
    ...readOnlyId,
    appId: ['string', 'required', 'identifies'],
    appRoleAssignmentRequired: 'boolean',
    appRoles: { list: appRole },
  },
  'Microsoft.Graph/appRoleAssignedTo': {
    ...readOnlyId,
    appRoleId: ['string', 'required'],
    principalId: ['string', 'required'],
    resourceId: ['string', 'required'],
  },
};

const version = 'v1.0';

/** In the format of `bicep publish-extension`. Pure. */
function typeFiles(): { index: object; types: object[] } {
  const types: object[] = [];
  const add = (type: object) => ({ $ref: `#/${types.push(type) - 1}` });
  const simple = {
    string: add({ $type: 'StringType' }),
    boolean: add({ $type: 'BooleanType' }),
    integer: add({ $type: 'IntegerType' }),
  };
  const refOf = (shape: Shape): { $ref: string } =>
    typeof shape === 'string'
      ? simple[shape]
      : 'list' in shape
        ? add({ $type: 'ArrayType', itemType: refOf(shape.list) })
        : add({ $type: 'ObjectType', name: shape.name, properties: propertiesOf(shape.of) });
  const propertiesOf = (properties: Properties) =>
    Object.fromEntries(
      Object.entries(properties).map(([name, given]) => {
        const [shape, ...held] = isWithTraits(given) ? given : [given];
        return [name, { type: refOf(shape), flags: held.reduce((sum, trait) => sum + traits[trait], 0) }];
      }),
    );
  const literal = (value: string) => ({ type: add({ $type: 'StringLiteralType', value }), flags: 10 });
  const entries = Object.entries(resources).map(([name, properties]) => {
    const own = { type: literal(name), apiVersion: literal(version), ...propertiesOf(properties) };
    const body = add({ $type: 'ObjectType', name, properties: own });
    const { $ref } = add({ $type: 'ResourceType', name: `${name}@${version}`, scopeType: 0, body, flags: 0 });
    return [`${name}@${version}`, { $ref: `types.json${$ref}` }] as const;
  });
  return {
    index: {
      resources: Object.fromEntries(entries),
      resourceFunctions: {},
      settings: { name: 'MicrosoftGraph', version: '1.0.0', isSingleton: false },
    },
    types,
  };
}

const isWithTraits = (given: Properties[string]): given is readonly [Shape, ...Trait[]] =>
  Array.isArray(given);

/** Writes them as an extension file that a config can point to. */
export async function publishTypes(into: string): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), 'graph-types-'));
  try {
    const { index, types } = typeFiles();
    await writeFile(join(scratch, 'types.json'), JSON.stringify(types));
    await writeFile(join(scratch, 'index.json'), JSON.stringify(index));
    const target = join(into, 'graph-types.tgz');
    const { code, stdout, stderr } = await run(await findCompiler(), [
      ...['publish-extension', join(scratch, 'index.json'), '--target', target],
    ]);
    if (code !== 0) throw new Error(`the types of the Graph extension were not written: ${stdout}${stderr}`);
    return target;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
