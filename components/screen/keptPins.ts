import { NO_PINS, type Pins } from '@/server/core/layout-pins';
import { ViewData } from '@/server/core/view';

const KEY = 'patchbay.pins';

/** The pins this browser keeps while no saved view is open. A nicety that may fail: storage can be denied. */
export function keptPins(): Pins {
  try {
    const kept = ViewData.shape.pins.safeParse(JSON.parse(localStorage.getItem(KEY) ?? '{}'));
    return kept.success ? kept.data : NO_PINS;
  } catch {
    return NO_PINS;
  }
}

export function keepPins(pins: Pins): void {
  try {
    if (Object.keys(pins).length === 0) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, JSON.stringify(pins));
  } catch {}
}
