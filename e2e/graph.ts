import type { Page } from '@playwright/test';

type Point = { readonly x: number; readonly y: number };

/** The middle of a node on the screen, in pixels; null while it is not drawn. cytoscape leaves itself at its container. */
export const onScreen = (page: Page, id: string): Promise<Point | null> =>
  page.evaluate((node) => {
    type Registered = Element & {
      _cyreg?: {
        cy: { getElementById: (id: string) => { empty: () => boolean; renderedPosition: () => Point } };
      };
    };
    const canvas = document.querySelector<Registered>('.topology-canvas');
    const element = canvas?._cyreg?.cy.getElementById(node);
    if (!canvas || !element || element.empty()) return null;
    const { left, top } = canvas.getBoundingClientRect();
    const { x, y } = element.renderedPosition();
    return { x: left + x, y: top + y };
  }, id);

/** Where a node is, once it is drawn and rests. */
export async function restsAt(page: Page, id: string): Promise<Point> {
  let before: Point | null = null;
  for (let n = 0; n < 60; n++) {
    const now = await onScreen(page, id);
    if (now && before && Math.hypot(now.x - before.x, now.y - before.y) < 0.5) return now;
    before = now;
    await page.waitForTimeout(250);
  }
  throw new Error(`${id} is not drawn, or does not rest`);
}

/** Takes a node with the mouse and holds it at a point of the screen; `page.mouse.up()` lets go. */
export async function hold(page: Page, id: string, to: Point): Promise<void> {
  const from = await restsAt(page, id);
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 12 });
}
