// The simulated Exchange checks each cmdlet against the public reference, and nothing of its own.
import { describe, expect, it } from 'vitest';
import { allCmdlets } from '../../../local/tenant/exchange/endpoint.ts';
import { documented } from '../../../local/tenant/exchange/read-reference.ts';
import { documentedOf } from '../../../local/tenant/exchange/reference.ts';
import { callerOf } from './caller.ts';

const onlineToo = '> Applicable: Exchange Server 2019, Exchange Online\n';
const page = `# Set-Thing

## SYNTAX

### Identity
\`\`\`
Set-Thing [-Identity] <ThingIdParameter> -Colour <Colour[]>
 [-Confirm]
 [-DomainController <Fqdn>]
 [-Force]
 [-Size <System.Int32>]
 [<CommonParameters>]
\`\`\`

### Server
\`\`\`
Set-Thing -DomainController <Fqdn>
 [-Force]
 [<CommonParameters>]
\`\`\`

### Owner
\`\`\`
Set-Thing [[-Identity] <ThingIdParameter>] [-Owner <String>]
 [<CommonParameters>]
\`\`\`

## DESCRIPTION

## PARAMETERS

### -Identity

${onlineToo}
Any value that names the thing. Valid values are:

- Name
- GUID

### -Colour

${onlineToo}
Valid values are:

- Red
- \`Green\`: as grass.

### -Confirm

${onlineToo}
### -DomainController

> Applicable: Exchange Server 2019

### -Force

${onlineToo}
### -Owner

${onlineToo}
### -Size

${onlineToo}
### CommonParameters
`;

describe('a page of the reference', () => {
  it('gives the cloud’s parameters, in the sets that the cloud can call, with what each set requires', () => {
    expect(documented(page)).toEqual({
      types: {
        Identity: 'ThingIdParameter',
        Colour: 'Colour[]',
        Confirm: 'Switch',
        Force: 'Switch',
        Size: 'Int32',
        Owner: 'String',
      },
      sets: [
        ['Identity!', 'Colour!', 'Confirm', 'Force', 'Size'],
        ['Identity', 'Owner'],
      ],
      values: { Colour: ['Red', 'Green'] },
    });
  });
});

describe('a cmdlet of the simulated tenant', () => {
  it.each(allCmdlets.map((cmdlet) => [cmdlet.name, cmdlet] as const))(
    '%s accepts nothing that the reference does not have',
    (name, { parameters, confirms }) => {
      const { types } = documentedOf(name);
      expect(parameters.filter((parameter) => !(parameter in types))).toEqual([]);
      if (confirms) expect(types).toHaveProperty('Confirm');
    },
  );
});

describe('values', () => {
  const mailbox = { users: [{ userPrincipalName: 'adele@contoso.com', mailbox: {} }] };
  it.each([
    ['Unlimited', 200],
    ['10', 200],
    ['Lots', 400],
    ['-1', 400],
  ])('Get-Mailbox -ResultSize %s answers %i', async (ResultSize, status) => {
    const { cmdlet } = await callerOf(mailbox);
    expect((await cmdlet('Get-Mailbox', { Identity: 'adele@contoso.com', ResultSize })).status).toBe(status);
  });
});
