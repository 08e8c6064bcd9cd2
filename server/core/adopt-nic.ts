import { DomainNic } from './kinds/domain-nic';
import { linkOf, seatsOf } from './libvirt/domain-nic';
import type { Observed } from './observed';
import { fail, ok, type Result } from './result';

/** A NIC that a domain has already, as a record of just what it is. `name` is GUEST/NIC. */
export function adoptNic({ domains }: Observed, name: string): Result<DomainNic> {
  const [guest = '', own = ''] = name.split('/', 2);
  if (!domains.known)
    return fail('UNKNOWN', `libvirt cannot be asked for its guests: ${domains.why.replace(/\.?$/, '.')}`);
  const domain = domains.value[guest];
  if (domain === undefined) return fail('NOT_THERE', `There is no guest ${guest} in libvirt on this host.`);
  const seat = seatsOf(domain).find((s) => s.name === own);
  const card = seat?.config ?? seat?.live;
  if (card === undefined || card === null) return fail('NOT_THERE', `Guest ${guest} has no NIC ${own}.`);
  const { model, source, bandwidth } = card;
  const parsed = DomainNic.safeParse({
    ...{ kind: 'nic', name, mac: card.mac, source, adopted: true },
    ...(model === 'virtio' ? {} : { model }),
    ...(bandwidth === undefined ? {} : { bandwidth }),
    ...(linkOf(card) === 'up' ? {} : { link: 'down' }),
  });
  if (parsed.success) return ok(parsed.data);
  const why = parsed.error.issues[0]?.message ?? '';
  return fail('NOT_EXPRESSIBLE', `NIC ${own} of guest ${guest} cannot be managed as it is. ${why}`);
}
