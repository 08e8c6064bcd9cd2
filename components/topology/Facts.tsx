import type { FactGroup } from '@/server/core/inspect';
import { Tooltip } from '../ui/Tooltip';
import { When } from '../ui/When';

/** ISO 8601, as our own agent tells times. */
const isTime = (value: string | null): value is string =>
  value !== null && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value);

/** Facts in groups; the command each came from on hover and on focus, the reason where it is unknown. */
export function Facts({ groups }: { readonly groups: readonly FactGroup[] }) {
  return (
    <div className="topology-facts">
      {groups.map((group) => (
        <section key={group.title} aria-label={group.title}>
          <h3>{group.title}</h3>
          <dl>
            {group.facts.map((fact, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: labels repeat (two IPv4 addresses), order is the tool's
              <div key={`${fact.label} ${i}`}>
                <dt>{fact.label}</dt>
                <dd>
                  <Tooltip
                    text={
                      <>
                        {isTime(fact.value) && `${new Date(fact.value).toLocaleString()}, `}
                        from <code className="mono">{fact.command}</code>
                      </>
                    }
                  >
                    <button
                      type="button"
                      className={`topology-fact ${fact.value === null ? 'topology-fact-unknown' : ''}`}
                    >
                      {isTime(fact.value) ? (
                        <When at={fact.value} />
                      ) : (
                        (fact.value ?? `unknown: ${fact.why ?? 'no reason given'}`)
                      )}
                    </button>
                  </Tooltip>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}
