import { z } from 'zod';
import type { Prisma } from './generated/client';

const Json = z.json();

/** A parsed value as a JSON column takes it: plain, without absent keys. */
export function toJson(value: object | string | number | boolean): Prisma.InputJsonValue {
  const plain = Json.parse(JSON.parse(JSON.stringify(value)));
  if (plain === null) throw new Error('toJson: null is no value of a JSON column here');
  return plain;
}
