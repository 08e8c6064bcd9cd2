import { defineConfig } from 'prisma/config';

/** For Prisma's command line (`node server/cli/prisma/prisma.mjs …`); the application applies its migrations itself. */
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  // Generating the client needs no database, so that an unset address is no fault here.
  ...(process.env.DATABASE_URL ? { datasource: { url: process.env.DATABASE_URL } } : {}),
});
