import { z } from 'zod';

/** Name of something that people save, as they type it; `what` is "view", "profile". */
export const savedName = (what: string) =>
  z
    .string(`A ${what} needs a name.`)
    .transform((name) => name.trim().replaceAll(/\s+/g, ' '))
    .pipe(
      z
        .string()
        .min(1, `A ${what} needs a name.`)
        .max(60, 'A name of at most 60 characters, please.')
        .regex(/^\P{C}*$/u, 'A name is made of characters that can be seen.'),
    );
