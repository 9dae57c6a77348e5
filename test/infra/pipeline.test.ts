// Who may put code into the app: which sign-ins the pipeline's two identities accept, and what they may then do.
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Snapshot, snapshot } from '../../infra/bicep.ts';

let pipeline: Snapshot;
let deployed: Snapshot[];
beforeAll(async () => {
  pipeline = await snapshot('pipeline.bicep', { repository: 'contoso/reclaim' });
  const needed = {
    environmentName: 'sample',
    mailFrom: 'reclaim@contoso.com',
    mailTo: ['oncall@contoso.com'],
  };
  // As the pipeline deploys: an administrator handles roles and the evidence policy.
  const asThePipeline = { ...needed, assignRoles: false, setEvidencePolicy: false };
  deployed = [
    await snapshot('main.bicep', asThePipeline),
    await snapshot('main.bicep', {
      ...asThePipeline,
      streams: true,
      signInClientId: '6c6d6e6f-0000-4000-8000-707172737475',
    }),
  ];
}, 240_000);

const of = <T>(type: string, schema: z.ZodType<T>): [name: string, properties: T][] =>
  pipeline.predictedResources
    .filter((resource) => resource.type === type)
    .map((resource) => [resource.name ?? '', schema.parse(resource.properties)]);

const roleSchema = z.object({
  roleName: z.string(),
  assignableScopes: z.array(z.string().regex(/\/resourceGroups\/rg-reclaim$/)).length(1),
  permissions: z
    .array(
      z.object({
        actions: z.array(z.string()),
        dataActions: z.array(z.string()).length(0),
      }),
    )
    .length(1),
});
const actionsOf = (role: RegExp) =>
  of('Microsoft.Authorization/roleDefinitions', roleSchema)
    .filter(([, { roleName }]) => role.test(roleName))
    .flatMap(([, { permissions }]) => permissions.flatMap(({ actions }) => actions));

/** As Azure compares: ignoring case, `*` for anything. */
const allows = (actions: readonly string[], asked: string) =>
  actions.some((action) => {
    const pattern = action.replaceAll(/[.]/g, String.raw`\.`).replaceAll('*', '.*');
    return new RegExp(`^${pattern}$`, 'i').test(asked);
  });

describe('the identities of the pipeline', () => {
  it('accept only a token of the main branch to preview, and of the approved environment to deploy', () => {
    const schema = z.object({ issuer: z.string(), subject: z.string(), audiences: z.array(z.string()) });
    const issuer = 'https://token.actions.githubusercontent.com';
    const audiences = ['api://AzureADTokenExchange'];
    const type = 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials';
    expect(of(type, schema)).toEqual([
      ['id-reclaim-plan/main', { issuer, subject: 'repo:contoso/reclaim:ref:refs/heads/main', audiences }],
      [
        'id-reclaim-deploy/approved',
        { issuer, subject: 'repo:contoso/reclaim:environment:production', audiences },
      ],
    ]);
  });

  it('for previews may write nothing', () => {
    expect(actionsOf(/plan/)).toEqual([
      'Microsoft.Resources/deployments/whatIf/action',
      'Microsoft.Resources/deployments/validate/action',
    ]);
  });

  it('for deployments may write each type that is deployed, and no other', () => {
    const types = new Set(
      deployed
        .flatMap((from) => from.predictedResources.map(({ type }) => type))
        .filter((type) => type !== 'Microsoft.Resources/deployments'),
    );
    const actions = actionsOf(/deploy/);
    for (const type of types) expect([type, allows(actions, `${type}/write`)]).toEqual([type, true]);
    const written = actions
      .filter((action) => action.endsWith('/write'))
      .map((action) => action.slice(0, -6));
    // Event Grid asks for the right on its own type as well as on the topic's.
    const known = [...types, 'Microsoft.Resources/deployments', 'Microsoft.EventGrid/eventSubscriptions'];
    const lower = new Set(known.map((type) => type.toLowerCase()));
    expect(written.filter((type) => !lower.has(type.toLowerCase()))).toEqual([]);
  });

  it.each([
    'Microsoft.Storage/storageAccounts/listKeys/action',
    'Microsoft.Storage/storageAccounts/listAccountSas/action',
    'Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action',
    'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/write',
    'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/delete',
    'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/lock/action',
    'Microsoft.Storage/storageAccounts/blobServices/containers/delete',
    'Microsoft.Storage/storageAccounts/delete',
    'Microsoft.ServiceBus/namespaces/authorizationRules/listKeys/action',
    'Microsoft.ServiceBus/namespaces/authorizationRules/write',
    'Microsoft.EventHub/namespaces/authorizationRules/listKeys/action',
    'Microsoft.EventGrid/topics/listKeys/action',
    'Microsoft.OperationalInsights/workspaces/sharedKeys/action',
    'Microsoft.Web/sites/host/listkeys/action',
    'Microsoft.Web/sites/functions/listkeys/action',
    'Microsoft.Web/sites/config/list/action',
    'Microsoft.Web/sites/publishxml/action',
    'Microsoft.Authorization/roleAssignments/write',
    'Microsoft.Authorization/roleDefinitions/write',
    'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write',
    'Microsoft.Compute/virtualMachines/write',
  ])('for deployments may not %s', (action) => {
    expect(allows(actionsOf(/deploy/), action)).toBe(false);
  });
});
