// A lock token is a GUID that travels in two byte orders: as the tag of a delivery its first three groups are little-endian, in
// management requests it is a plain UUID.

const group = (bytes: Buffer) =>
  [bytes.subarray(0, 4), bytes.subarray(4, 6), bytes.subarray(6, 8), bytes.subarray(8)] as const;

function swap(bytes: Buffer): Buffer {
  const [first, second, third, rest] = group(Buffer.from(bytes));
  return Buffer.concat([first.reverse(), second.reverse(), third.reverse(), rest]);
}

export const lockTokenToUuid = (token: string): Buffer => Buffer.from(token.replaceAll('-', ''), 'hex');

export function uuidToLockToken(uuid: Buffer): string {
  return uuid.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export const lockTokenToTag = (token: string): Buffer => swap(lockTokenToUuid(token));

export const tagToLockToken = (tag: Buffer): string => uuidToLockToken(swap(tag));
