// The part of OData's $filter that is in use: comparisons, and, or, not, in, startswith, endswith, contains and
// any(). Whatever it does not know is refused, as a service refuses what it does not support.
import { isRow, type Row } from './answers.ts';
import { compare, type Properties, resolve, type Scope } from './filter-paths.ts';
import { badRequest, type Token, tokenize } from './filter-tokens.ts';
import type { Kind } from './schema/fields.ts';

type Predicate = (row: Row) => boolean;

interface Use {
  path: string;
  operator: string;
  /** The literal it is compared with, if there is exactly one. */
  value?: unknown;
}

export interface Filter {
  matches: Predicate;
  /** Operators by property path, for the service to judge which it supports. */
  uses: readonly Use[];
}

const comparisons = ['eq', 'ne', 'gt', 'ge', 'lt', 'le'];
const functions = ['startswith', 'endswith', 'contains'];

class Parser {
  readonly uses: Use[] = [];
  readonly #tokens: Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  whole(scope: Scope): Predicate {
    const predicate = this.#or(scope);
    if (this.#at < this.#tokens.length)
      throw badRequest(`Invalid filter clause: unexpected '${this.#peek()?.text}'.`);
    return predicate;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }
  #next(): Token {
    const token = this.#tokens[this.#at++];
    if (!token) throw badRequest('Invalid filter clause: it ends too early.');
    return token;
  }
  #takes(text: string): boolean {
    const token = this.#peek();
    if (token?.text !== text || token.kind === 'string') return false;
    this.#at += 1;
    return true;
  }
  #expect(text: string): void {
    if (!this.#takes(text))
      throw badRequest(`Invalid filter clause: '${text}' expected, found '${this.#peek()?.text ?? ''}'.`);
  }

  #or(scope: Scope): Predicate {
    const parts = [this.#and(scope)];
    while (this.#takes('or')) parts.push(this.#and(scope));
    return (row) => parts.some((part) => part(row));
  }
  #and(scope: Scope): Predicate {
    const parts = [this.#unary(scope)];
    while (this.#takes('and')) parts.push(this.#unary(scope));
    return (row) => parts.every((part) => part(row));
  }
  #unary(scope: Scope): Predicate {
    if (this.#takes('not')) {
      const inner = this.#unary(scope);
      return (row) => !inner(row);
    }
    if (this.#takes('(')) {
      const inner = this.#or(scope);
      this.#expect(')');
      return inner;
    }
    const word = this.#next();
    if (word.kind !== 'word')
      throw badRequest(`Invalid filter clause: a property expected, found '${word.text}'.`);
    if (functions.includes(word.text)) return this.#function(word.text, scope);
    if (word.text.endsWith('/any')) return this.#any(word.text.slice(0, -4), scope);
    return this.#comparison(word.text, scope);
  }

  #function(name: string, scope: Scope): Predicate {
    this.#expect('(');
    const path = this.#next().text;
    const { get } = resolve(path, scope);
    this.uses.push({ path, operator: name });
    this.#expect(',');
    const wanted = this.#next();
    if (wanted.kind !== 'string') throw badRequest(`Invalid filter clause: ${name} takes a text in quotes.`);
    this.#expect(')');
    const needle = wanted.text.toLowerCase();
    return (row) => {
      const value = get(row);
      if (typeof value !== 'string') return false;
      const text = value.toLowerCase();
      if (name === 'startswith') return text.startsWith(needle);
      return name === 'endswith' ? text.endsWith(needle) : text.includes(needle);
    };
  }

  #any(path: string, scope: Scope): Predicate {
    const { get, kind } = resolve(path, scope);
    if (kind !== 'collection' && kind !== 'unknown')
      throw badRequest(`Invalid filter clause: '${path}' is no collection.`);
    this.uses.push({ path, operator: 'any' });
    this.#expect('(');
    const variable = this.#next().text;
    this.#expect(':');
    const before = this.uses.length;
    const inner = this.#or({ variable, properties: undefined, typeName: scope.typeName });
    this.uses.length = before;
    this.#expect(')');
    return (row) => {
      const list = get(row);
      return Array.isArray(list) && list.some((entry) => inner(isRow(entry) ? entry : { $it: entry }));
    };
  }

  #comparison(path: string, scope: Scope): Predicate {
    const { get, kind, members } = resolve(path, scope);
    const operator = this.#next().text;
    const use: Use = { path, operator };
    this.uses.push(use);
    if (operator === 'in') {
      this.#expect('(');
      const values = [this.#literal(path, kind, members)];
      while (this.#takes(',')) values.push(this.#literal(path, kind, members));
      this.#expect(')');
      return (row) => values.some((value) => compare(get(row), value) === 0);
    }
    if (!comparisons.includes(operator))
      throw badRequest(`Invalid filter clause: unknown operator '${operator}'.`);
    const wanted = this.#literal(path, kind, members);
    use.value = wanted;
    return (row) => {
      const order = compare(get(row), wanted);
      if (operator === 'eq') return order === 0;
      if (operator === 'ne') return order !== 0;
      if (order === undefined) return false;
      if (operator === 'gt') return order > 0;
      if (operator === 'ge') return order >= 0;
      return operator === 'lt' ? order < 0 : order <= 0;
    };
  }

  #literal(path: string, kind: Kind | 'unknown', members: readonly string[] | undefined): unknown {
    const token = this.#next();
    const wrong = badRequest(
      `Invalid filter clause: A binary operator with incompatible types was detected: '${path}' and '${token.text}'.`,
    );
    if (token.kind === 'word' && token.text === 'null') return null;
    if (token.kind === 'string') {
      if (kind !== 'string' && kind !== 'unknown') throw wrong;
      if (members && !members.includes(token.text))
        throw badRequest(`Invalid filter clause: '${token.text}' is no value of '${path}'.`);
      return token.text;
    }
    if (token.kind === 'date') {
      if (kind !== 'date' && kind !== 'unknown') throw wrong;
      return new Date(token.text);
    }
    if (token.kind === 'number') {
      if (kind !== 'number' && kind !== 'unknown') throw wrong;
      return Number(token.text);
    }
    if (token.text !== 'true' && token.text !== 'false') throw wrong;
    if (kind !== 'boolean' && kind !== 'unknown') throw wrong;
    return token.text === 'true';
  }
}

export function parseFilter(text: string, properties: Properties, typeName: string): Filter {
  const parser = new Parser(text);
  const matches = parser.whole({ variable: undefined, properties, typeName });
  return { matches, uses: parser.uses };
}
