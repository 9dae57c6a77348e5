// The last check of a command before an administrator pastes it: exactly one cmdlet with plain values, by the rules of
// the PowerShell language (https://learn.microsoft.com/powershell/scripting/lang-spec/chapter-02). It is strict where
// PowerShell is generous: it doesn't show what it doesn't know.

/** The module to connect to, by how its nouns begin; all commands of one task belong to one module. */
const connections: Readonly<Record<string, string>> = {
  AD: 'Import-Module ActiveDirectory',
  Mg: "Connect-MgGraph -Scopes 'DelegatedPermissionGrant.ReadWrite.All'",
};

/**
 * What an administrator types: the module that the commands need, then the commands. Anything that is not a single
 * command can't be pasted.
 */
export function typed(commands: readonly string[]): string[] {
  const single = commands.filter(isOneCommand);
  if (single.length === 0) return [];
  const [, , nouns = ''] = /^([A-Za-z]+)-((?:AD|Mg)(?=[A-Z]))/.exec(single[0] ?? '') ?? [];
  return [connections[nouns] ?? 'Connect-ExchangeOnline', ...single];
}

/** PowerShell accepts each of these as a single quote; doubled inside a text, it stands for itself. */
const isQuote = (character: string) => /['\u2018-\u201b]/u.test(character);

/** Longer than any command here; names have at most 256 characters. */
const longest = 4000;

export function isOneCommand(text: string): boolean {
  if (text.length > longest || /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)) return false;
  const [name] = /^[A-Z][A-Za-z]*-[A-Z][A-Za-z\d]*/.exec(text) ?? [];
  if (name === undefined) return false;
  let at = name.length;
  while (at < text.length) {
    if (text[at] !== ' ') return false;
    const end = endOfArgument(text, at + 1);
    if (end === undefined) return false;
    at = end;
  }
  return true;
}

/** `-Name`, `-Confirm:$false`, `-ForwardingAddress:$null`, `Disabled`, `'text'`, `(''+'text'+[char]10)`, `@{Remove='text'}`; undefined for all else. */
function endOfArgument(text: string, at: number): number | undefined {
  const bare = /^(?:-[A-Za-z][A-Za-z\d]*(?::\$(?:true|false|null))?|[A-Za-z0-9][A-Za-z0-9._-]*)(?= |$)/.exec(
    text.slice(at, at + 200),
  );
  if (bare !== null) return at + bare[0].length;
  if (text[at] === '(') return endOfSum(text, at + 1);
  const table = /^@\{[A-Z][A-Za-z]*=/.exec(text.slice(at, at + 60));
  if (table === null) return endOfText(text, at);
  const end = endOfText(text, at + table[0].length);
  return end !== undefined && text[end] === '}' ? end + 1 : undefined;
}

function endOfSum(text: string, from: number): number | undefined {
  let at = from;
  for (;;) {
    const number = /^\[char\]\d{1,5}/.exec(text.slice(at, at + 12));
    const end = number === null ? endOfText(text, at) : at + number[0].length;
    if (end === undefined) return undefined;
    if (text[end] === ')') return end + 1;
    if (text[end] !== '+') return undefined;
    at = end + 1;
  }
}

function endOfText(text: string, from: number): number | undefined {
  if (!isQuote(text.charAt(from))) return undefined;
  let at = from + 1;
  while (at < text.length) {
    if (!isQuote(text.charAt(at))) at += 1;
    else if (isQuote(text.charAt(at + 1))) at += 2;
    else return at + 1;
  }
  return undefined;
}
