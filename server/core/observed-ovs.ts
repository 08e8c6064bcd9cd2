import { z } from 'zod';

const StringMap = z.record(z.string(), z.string()).default({});

/** Rows of Open vSwitch by which a port shapes what it sends. Rates in bit per second, bursts in bits. */
const OvsQueue = z.object({ id: z.string(), otherConfig: StringMap, externalIds: StringMap });
export const OvsQos = z.object({
  ...OvsQueue.shape,
  type: z.string(),
  /** By number. */
  queues: z.record(z.string(), OvsQueue),
});
export type OvsQos = z.infer<typeof OvsQos>;

/** A row of QoS that no port has, or one of Queue that no row of QoS has. Key: its id. */
export const OvsLeftover = z.discriminatedUnion('table', [
  z.object({ table: z.literal('QoS'), ...OvsQos.shape }),
  z.object({ table: z.literal('Queue'), ...OvsQueue.shape }),
]);
export type OvsLeftover = z.infer<typeof OvsLeftover>;

/** Key: bridge name. From `ovs-vsctl -f json list Bridge / Port / Interface`. Older agents say less of it. */
export const OvsBridge = z.object({
  name: z.string(),
  /** `system` is in the kernel, `netdev` in a process. */
  datapath: z.string(),
  failMode: z.nullable(z.string()),
  stp: z.boolean().default(false),
  externalIds: StringMap,
  otherConfig: StringMap,
  ports: z.array(
    z.object({
      name: z.string(),
      tag: z.nullable(z.int()),
      trunks: z.array(z.int()),
      vlanMode: z.nullable(z.string()),
      /** Does not talk with other protected ports. */
      protected: z.boolean().default(false),
      qos: z.nullable(OvsQos).default(null),
      interfaces: z.array(
        z.object({
          name: z.string(),
          type: z.string(),
          ofport: z.nullable(z.int()),
          error: z.nullable(z.string()),
          mac: z.nullable(z.string()),
          linkState: z.nullable(z.string()),
          options: z.record(z.string(), z.string()),
          /** Bytes that somebody asked for. */
          mtuRequest: z.nullable(z.int()).default(null),
          /** What comes in above it is dropped: kilobit per second, kilobit; 0: nothing is. */
          policing: z.object({ rate: z.int(), burst: z.int() }).default({ rate: 0, burst: 0 }),
          externalIds: StringMap,
        }),
      ),
    }),
  ),
});
export type OvsBridge = z.infer<typeof OvsBridge>;
