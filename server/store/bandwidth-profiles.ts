import { BandwidthProfile } from '@/server/core/bandwidth-profile';
import { fail, ok, type Result } from '@/server/core/result';
import { toJson } from './json';
import type { Store } from './open';
import { refusingDuplicates } from './unique';

/** Nobody finds anything in a longer list. */
const MOST = 200;

/** All profiles by name; what can no longer be read is left out. */
export async function listProfiles(store: Store): Promise<readonly BandwidthProfile[]> {
  const rows = await store.prisma.bandwidthProfile.findMany({ orderBy: { name: 'asc' }, take: MOST });
  return rows.flatMap(({ name, bandwidth }) => {
    const parsed = BandwidthProfile.safeParse({ name, bandwidth });
    return parsed.success ? [parsed.data] : [];
  });
}

/** TAKEN for a name in use, INVALID when there are too many, with a sentence. */
export async function createProfile(store: Store, profile: BandwidthProfile): Promise<Result<null>> {
  if ((await store.prisma.bandwidthProfile.count()) >= MOST)
    return fail('INVALID', `${MOST} profiles are saved already; delete one that nobody needs first.`);
  return refusingDuplicates(async () => {
    const { name, bandwidth } = profile;
    await store.prisma.bandwidthProfile.create({ data: { name, bandwidth: toJson(bandwidth) } });
    return ok(null);
  });
}

/** What was limited by it stays so. NOT_FOUND when somebody else was faster. */
export async function removeProfile(store: Store, name: string): Promise<Result<null>> {
  const { count } = await store.prisma.bandwidthProfile.deleteMany({ where: { name } });
  return count === 0 ? fail('NOT_FOUND', 'This profile is not there any more.') : ok(null);
}
