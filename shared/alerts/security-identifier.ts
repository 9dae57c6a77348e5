// Security identifiers. A cloud account's SID contains its object id; an on-premises account's must be looked up.

const cloud = /^S-1-12-1-(\d{1,10})-(\d{1,10})-(\d{1,10})-(\d{1,10})$/i;
const largest = 0xffff_ffff;

/**
 * S-1-12-1-… is the object id as four 32-bit numbers, with the bytes in Windows GUID order.
 * null for any other identifier.
 */
export function cloudIdOf(sid: string): string | null {
  const numbers = cloud.exec(sid.trim())?.slice(1).map(Number);
  if (numbers === undefined || numbers.some((number) => number > largest)) return null;
  const bytes = Buffer.alloc(16);
  for (const [index, number] of numbers.entries()) bytes.writeUInt32LE(number, index * 4);
  const hex = (from: number, to: number) => bytes.subarray(from, to).toString('hex');
  const swapped = (from: number, to: number) =>
    Buffer.from(bytes.subarray(from, to)).reverse().toString('hex');
  return [swapped(0, 4), swapped(4, 6), swapped(6, 8), hex(8, 10), hex(10, 16)].join('-');
}

/** Whether it belongs to an account in a directory, not to a built-in service or group. */
export const isDomainSid = (sid: string): boolean => /^S-1-(5-21|12-1)-/i.test(sid.trim());
