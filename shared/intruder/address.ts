// IP addresses as the logs write them, made comparable. Says nothing about where an address is or who uses it.
import { isIPv6 } from 'node:net';

/** Without the port and the brackets that Exchange writes: "[2001:db8::1]:443", "203.0.113.7:52110". */
export function bareAddress(logged: string): string {
  const text = logged.trim().toLowerCase();
  const bracketed = /^\[(.+)\](?::\d+)?$/.exec(text)?.[1];
  if (bracketed !== undefined) return bracketed;
  return /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;
}

/**
 * What two requests over one line have in common: the IPv4 address, or the first 64 bits of an IPv6 address, since a
 * device changes the rest every day.
 */
export function networkOf(logged: string): string {
  const address = bareAddress(logged);
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const groups = (text: string | undefined) => (text ? text.split(':') : []);
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups(head).length - groups(tail).length);
  const all = [...groups(head), ...Array<string>(zeros).fill('0'), ...groups(tail)];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
