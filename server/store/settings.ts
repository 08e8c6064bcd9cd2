import { z } from 'zod';
import { fail, ok, type Result } from '@/server/core/result';
import { toJson } from './json';
import type { Store } from './open';

/** Everything that can be set, with what holds until it is. */
export const settings = {
  /** Seconds to confirm a change in. */
  confirmSeconds: z.int().min(5, 'At least 5 seconds.').max(3600, 'At most an hour.').default(60),
} as const;
export type Settings = { readonly [K in keyof typeof settings]: z.output<(typeof settings)[K]> };
export type SettingKey = keyof Settings;

/** What is set, or its default; also when what is kept no longer parses. */
export async function getSetting<K extends SettingKey>(store: Store, key: K): Promise<Settings[K]> {
  const row = await store.prisma.setting.findUnique({ where: { key } });
  const parsed = settings[key].safeParse(row?.value);
  return parsed.success ? parsed.data : settings[key].parse(undefined);
}

/** INVALID, with a sentence, for a value that the setting cannot take. */
export async function setSetting<K extends SettingKey>(
  store: Store,
  key: K,
  value: Settings[K],
): Promise<Result<Settings[K]>> {
  const parsed = settings[key].safeParse(value);
  if (!parsed.success) return fail('INVALID', parsed.error.issues[0]?.message ?? `${key} cannot be that.`);
  await store.prisma.setting.upsert({
    where: { key },
    create: { key, value: toJson(parsed.data) },
    update: { value: toJson(parsed.data) },
  });
  return ok(parsed.data);
}
