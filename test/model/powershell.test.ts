// What an administrator pastes runs one cmdlet, or it is not shown.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOneCommand, typed } from '../../shared/model/powershell.ts';
import { powerShellValue } from '../../shared/model/text.ts';

describe('a command to paste', () => {
  it.each([
    "Set-MailboxAutoReplyConfiguration -Identity 'adele@contoso.com' -AutoReplyState Disabled",
    "Remove-SweepRule -Mailbox 'a@b.c' -Identity '7' -Confirm:$false",
    "Set-MailboxJunkEmailConfiguration -Identity 'a' -BlockedSendersAndDomains @{Remove='ADDRESS'}",
    "Set-MailboxMessageConfiguration -Identity 'a' -SignatureHtml '' -SignatureText ''",
    "Get-RecoverableItems -Identity 'a' -FilterItemType IPM.Note -FilterStartTime '2026-11-20T09:00:00.000Z'",
    "Remove-InboxRule -Identity (''+'a'+[char]10+'b')",
    "Set-Mailbox -Identity 'a@b.c' -ForwardingAddress:$null",
    'Connect-ExchangeOnline',
  ])('is %s', (command) => {
    expect(isOneCommand(command)).toBe(true);
  });

  it.each([
    "Remove-MobileDevice -Identity ''; Start-Process calc; ''",
    "Remove-MobileDevice -Identity '\u2019; Start-Process calc; \u2019'",
    'Get-Mailbox -Identity "$(calc)"',
    'Get-Mailbox -Identity $(calc)',
    'Get-Mailbox -Identity:$env:PATH',
    'Get-Mailbox -Identity (calc)',
    "Get-Mailbox -Identity 'a' | Remove-Mailbox",
    "Get-Mailbox -Identity 'a'&calc",
    "Get-Mailbox -Identity 'a'.",
    "Get-Mailbox -Identity 'a",
    "Get-Mailbox -Identity 'a''",
    "Get-Mailbox -Identity 'a'\nRemove-Mailbox 'b'",
    "Get-Mailbox -Identity 'a' # hidden",
    'Get-Mailbox -Identity `a',
    "Get-Mailbox -Identity @{Remove='a';b='c'}",
    "Get-Mailbox -Identity 'a\u202eb'",
    'calc',
    '& calc',
    '',
  ])('is not %j: more than a cmdlet with plain values', (command) => {
    expect(isOneCommand(command)).toBe(false);
  });

  it('is one with any value that our function has quoted', () => {
    const unit = fc.oneof(
      fc.constantFrom(
        "'",
        '\u2018',
        '\u2019',
        '\u201b',
        '"',
        '$',
        '`',
        '\n',
        ';',
        '|',
        '\u202e',
        '(',
        '+',
        '\u00a0',
        '  ',
      ),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 20 }), (units) => {
        expect(isOneCommand(`Remove-InboxRule -Identity ${powerShellValue(units.join(''))}`)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('is not one if a value is inserted unquoted', () => {
    const breaking = fc.constantFrom(
      "'; calc; '",
      '\u2019; calc; \u2018',
      "' | calc '",
      "a' -Confirm:$false",
    );
    fc.assert(
      fc.property(breaking, (value) => {
        expect(isOneCommand(`Remove-InboxRule -Identity '${value}'`)).toBe(false);
      }),
    );
  });
});

describe('what is typed', () => {
  it('begins with the module that the commands need, and leaves out what is not a single command', () => {
    const rule = "Remove-SweepRule -Mailbox 'a@b.c' -Identity '7'";
    expect(typed([rule, `${rule}; calc`])).toEqual(['Connect-ExchangeOnline', rule]);
    const phone = "Set-ADUser -Identity 'CN=Adele' -Clear mobile";
    expect(typed([phone])).toEqual(['Import-Module ActiveDirectory', phone]);
    const consent = "Remove-MgOauth2PermissionGrant -OAuth2PermissionGrantId 'kq-x'";
    expect(typed([consent])).toEqual([expect.stringMatching(/^Connect-MgGraph -Scopes /), consent]);
    expect(typed(['calc'])).toEqual([]);
  });
});
