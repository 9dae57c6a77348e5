// Text that should be JSON, as it arrives: parsed already, or as text or bytes where whoever hands it over could not.

/** By its byte-order mark; UTF-8 without one. The mark itself is no part of the text. */
export function decoded(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder().decode(bytes);
}

export const textOf = (body: unknown): unknown => (body instanceof Uint8Array ? decoded(body) : body);

const mark = '\ufeff';

/** undefined where it is no JSON. JSON that was written down as text once more is read through. */
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
