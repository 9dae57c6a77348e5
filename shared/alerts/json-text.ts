// JSON as it arrives: already parsed, or as text or bytes if the host could not parse it.

/** Decodes by the byte-order mark, or as UTF-8 without one. The mark itself is dropped. */
export function decoded(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder().decode(bytes);
}

export const textOf = (body: unknown): unknown => (body instanceof Uint8Array ? decoded(body) : body);

const mark = '\ufeff';

/** undefined if it isn't JSON. Text that contains JSON text is parsed twice. */
export function jsonIn(text: string): unknown {
  const value = parsed(text);
  return typeof value === 'string' ? (parsed(value) ?? value) : value;
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text.startsWith(mark) ? text.slice(mark.length) : text);
    return value;
  } catch {
    return undefined;
  }
}
