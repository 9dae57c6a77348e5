// The DETECTORS setting: what an administrator knows better than the catalogue, above all about their own rules. It can't
// change which account an alert is about: a setting that could would let an alert accuse anybody.
import { z } from 'zod';
import { type Signal, signalSchema } from '../model/signal.ts';
import { settableKinds } from './detectors.ts';

/** Matches the whole text, ignoring case; `*` stands for anything. */
const pattern = z
  .string()
  .min(2)
  .max(200)
  .transform((text) => {
    const parts = text.toLowerCase().split('*');
    return { test: (name: string) => matches(name.toLowerCase(), parts) };
  });

/** The first place of each part is the best one, so nothing is tried twice; a regular expression with many stars would. */
function matches(text: string, parts: readonly string[]): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
}

/**
 * `[{"title":"Contoso: token replay*","source":"sentinel","kind":"stolen-session-cookie"},
 * {"detector":"unlikelyTravel","kind":"ignored"},{"title":"Password spray","kind":"level"}]`
 */
export const detectorsSchema = z.array(
  z
    .strictObject({
      source: signalSchema.shape.source.optional(),
      product: pattern.optional(),
      detector: pattern.optional(),
      title: pattern.optional(),
      kind: z.enum(settableKinds),
    })
    .refine(({ detector, title }) => detector !== undefined || title !== undefined, {
      message: 'names neither a detector nor a title, and would mean everything',
    }),
);
export type DetectorSettings = z.infer<typeof detectorsSchema>;

/** The first match counts. What a person said at the source overrides every setting. */
export const classifier =
  (settings: DetectorSettings) =>
  (signal: Signal): Signal => {
    const { source, product = '', detector, title } = signal;
    const found = settings.find(
      (one) =>
        (one.source ?? source) === source &&
        (one.product?.test(product) ?? true) &&
        (one.detector?.test(detector) ?? true) &&
        (one.title?.test(title) ?? true),
    );
    return found === undefined ? signal : { ...signal, kind: found.kind };
  };
