import { z } from 'zod';
import { fail, ok, type Result } from '@/server/core/result';
import { type SavedView, ViewData, ViewName } from '@/server/core/view';
import type { View as ViewRow } from './generated/client';
import { Prisma } from './generated/client';
import { toJson } from './json';
import type { Store } from './open';
import { refusingDuplicates } from './unique';

/** Nobody finds anything in a longer list. */
const MOST = 200;

const GONE = 'This view is not there any more.';

/** A row as the others see it; null where what it keeps can no longer be read. */
function toView({ id, name, data, createdAt, updatedAt }: ViewRow): SavedView | null {
  const parsed = ViewData.safeParse(data);
  if (!parsed.success) return null;
  return {
    id,
    name,
    data: parsed.data,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

const written = (row: ViewRow): Result<SavedView> => {
  const view = toView(row);
  return view === null ? fail('INVALID', 'This view cannot be read.') : ok(view);
};

/** All saved views by name. */
export async function listViews(store: Store): Promise<readonly SavedView[]> {
  const rows = await store.prisma.view.findMany({ orderBy: { name: 'asc' }, take: MOST });
  return rows.map(toView).filter((v) => v !== null);
}

/** INVALID for a bad name, TAKEN for one in use, with a sentence. */
export async function createView(store: Store, name: string, data: ViewData): Promise<Result<SavedView>> {
  const parsed = parseName(name);
  if (!parsed.ok) return parsed;
  if ((await store.prisma.view.count()) >= MOST)
    return fail('INVALID', `${MOST} views are saved already; delete one that nobody needs first.`);
  return refusingDuplicates(async () =>
    written(await store.prisma.view.create({ data: { name: parsed.value, data: toJson(data) } })),
  );
}

/** Gives a view another name, or other contents, or both. NOT_FOUND, INVALID, TAKEN. */
export async function updateView(
  store: Store,
  id: string,
  change: { readonly name?: string | undefined; readonly data?: ViewData | undefined },
): Promise<Result<SavedView>> {
  if (!z.uuid().safeParse(id).success) return fail('NOT_FOUND', GONE);
  const name = change.name === undefined ? undefined : parseName(change.name);
  if (name?.ok === false) return name;
  return refusingDuplicates(() =>
    found(async () =>
      written(
        await store.prisma.view.update({
          where: { id },
          data: {
            ...(name === undefined ? {} : { name: name.value }),
            ...(change.data === undefined ? {} : { data: toJson(change.data) }),
          },
        }),
      ),
    ),
  );
}

/** NOT_FOUND when somebody else was faster. */
export async function removeView(store: Store, id: string): Promise<Result<null>> {
  if (!z.uuid().safeParse(id).success) return fail('NOT_FOUND', GONE);
  const { count } = await store.prisma.view.deleteMany({ where: { id } });
  return count === 0 ? fail('NOT_FOUND', GONE) : ok(null);
}

function parseName(name: string): Result<string> {
  const parsed = ViewName.safeParse(name);
  return parsed.success
    ? ok(parsed.data)
    : fail('INVALID', parsed.error.issues[0]?.message ?? 'A view needs a name.');
}

/** P2025 is how Prisma says that the row to update is gone. */
async function found<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2025')
      return fail('NOT_FOUND', GONE);
    throw error;
  }
}
