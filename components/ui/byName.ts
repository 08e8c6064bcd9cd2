const collator = new Intl.Collator('en', { numeric: true });

/** Order of names as people count: `vm2` comes before `vm10`. */
export const byName = (a: string, b: string): number => collator.compare(a, b);
