import { z } from 'zod';
import { savedName } from './saved-name';

/** Most things one view keeps of a kind; a picture that can be read has far fewer. */
const MOST = 1000;
const NodeId = z.string().min(1).max(300);
/** Pixels of the layout at zoom 1; farther than this nothing is put. */
const Pixels = z.number().min(-100_000).max(100_000);

/** Name of a saved view, as people type it. */
export const ViewName = savedName('view');

/** What a saved view keeps: how somebody looked at the topology, nothing of the topology itself. */
export const ViewData = z.strictObject({
  /** core/layout-pins */
  pins: z
    .record(NodeId, z.strictObject({ x: Pixels, y: Pixels }))
    .refine((pins) => Object.keys(pins).length <= MOST, `A view keeps at most ${MOST} pins.`),
  /** Groups that are unfolded. */
  expanded: z.array(NodeId).max(MOST, `A view keeps at most ${MOST} unfolded groups.`),
  vlans: z.boolean(),
  /** Only this VLAN is bright. */
  vlan: z.int().min(0).max(4095).nullable(),
  mode: z.enum(['graph', 'table']),
  selection: NodeId.nullable(),
  /** The point in the middle, and the zoom. */
  viewport: z.strictObject({ x: Pixels, y: Pixels, zoom: z.number().min(0.01).max(10) }).nullable(),
});
export type ViewData = z.output<typeof ViewData>;

/** A saved view; times are ISO 8601. */
export type SavedView = {
  readonly id: string;
  readonly name: string;
  readonly data: ViewData;
  readonly createdAt: string;
  readonly updatedAt: string;
};
