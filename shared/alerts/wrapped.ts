// Wrappings that say nothing of their own: lists, pages, what a Logic App's trigger puts out, an event within an event.
// Opened a few layers deep, since nobody means more.
import { z } from 'zod';
import type { Inner } from './source.ts';

const listSchema = z.array(z.unknown()).min(1);
const pageSchema = z.object({ value: listSchema });
const triggerSchema = z.object({ body: z.union([z.looseObject({}), listSchema]) });
const cloudSchema = z.object({ specversion: z.string(), type: z.string(), data: z.looseObject({}) });
const gridSchema = z.object({ eventType: z.string(), eventTime: z.string(), data: z.looseObject({}) });

/** What is inside; undefined where it is no wrapping. */
export function unwrapped({ type, data }: Inner): readonly Inner[] | undefined {
  const list = listSchema.safeParse(data).data ?? pageSchema.safeParse(data).data?.value;
  if (list !== undefined) return list.map((one) => ({ type, data: one }));
  const cloud = cloudSchema.safeParse(data).data;
  if (cloud !== undefined) return [{ type: cloud.type, data: cloud.data }];
  const grid = gridSchema.safeParse(data).data;
  if (grid !== undefined) return [{ type: grid.eventType, data: grid.data }];
  const trigger = triggerSchema.safeParse(data).data;
  return trigger === undefined ? undefined : [{ type, data: trigger.body }];
}
