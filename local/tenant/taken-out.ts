// Entries that leave a list of the file and come back. A returning entry gets its old place and its old form, so that a
// removal and its undo leave the same bytes.
import type { Store } from './store.ts';

/** Of each list: the entries in their first order, and by key how to put back what was taken out. */
const orders = new WeakMap<readonly unknown[], readonly unknown[]>();
const ways = new WeakMap<readonly unknown[], Map<string, () => void>>();

/** Removes the entry with this key; undefined if there is none. */
export function takeOut<T>(
  store: Store,
  list: T[] | undefined,
  keyOf: (entry: T) => string,
  key: string,
): T | undefined {
  const entry = list?.find((one) => keyOf(one) === key);
  if (list === undefined || entry === undefined) return undefined;
  const order = orders.get(list) ?? [...list];
  orders.set(list, order);
  const back = ways.get(list) ?? new Map<string, () => void>();
  ways.set(list, back);
  back.set(key, () => {
    const rank = order.indexOf(entry);
    const before = list.findLastIndex((one) => order.includes(one) && order.indexOf(one) < rank);
    list.splice(before + 1, 0, entry);
  });
  store.changing();
  list.splice(list.indexOf(entry), 1);
  return entry;
}

/** Puts an entry in: the one of this key that was taken out, in its old place, else the new one at the end. */
export function putIn<T>(store: Store, list: T[], key: string, fresh: () => T): void {
  store.changing();
  const back = ways.get(list)?.get(key);
  if (back === undefined) list.push(fresh());
  else back();
  ways.get(list)?.delete(key);
}
