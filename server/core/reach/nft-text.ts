/* A rule of `nft -j` in words close to those that nft takes; what has no words here stands as its JSON name. */

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function expression(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map(expression).join(',');
  if (!isObject(value)) return '?';
  const { meta, payload, ct, prefix, range, set, concat, elem, fib } = value;
  if (isObject(meta))
    return ['iifname', 'oifname', 'iif', 'oif'].includes(String(meta.key))
      ? String(meta.key)
      : `meta ${meta.key}`;
  if (isObject(payload)) return `${payload.protocol} ${payload.field}`;
  if (isObject(ct)) return `ct ${ct.key}`;
  if (isObject(prefix)) return `${prefix.addr}/${prefix.len}`;
  if (Array.isArray(range)) return range.map(expression).join('-');
  if (set !== undefined) return `{ ${(Array.isArray(set) ? set : [set]).map(expression).join(', ')} }`;
  if (Array.isArray(concat)) return concat.map(expression).join(' . ');
  if (isObject(elem)) return expression(elem.val);
  if (isObject(fib)) return `fib ${expression(fib.flags)} ${fib.result}`;
  return Object.keys(value).join(' ');
}

function statement(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!isObject(value)) return '?';
  const [key = '', body] = Object.entries(value)[0] ?? [];
  if (key === 'match' && isObject(body)) {
    const op = body.op === '==' || body.op === 'in' ? '' : `${body.op} `;
    return `${expression(body.left)} ${op}${expression(body.right)}`;
  }
  if (key === 'xt' && isObject(body)) return body.type === 'match' ? `-m ${body.name}` : `-j ${body.name}`;
  if ((key === 'jump' || key === 'goto') && isObject(body)) return `${key} ${body.target}`;
  if ((key === 'snat' || key === 'dnat') && isObject(body))
    return `${key} to ${expression(body.addr ?? '')}${body.port === undefined ? '' : `:${expression(body.port)}`}`;
  return key;
}

export const ruleText = (statements: readonly unknown[]): string =>
  statements
    .map(statement)
    .filter((word) => word !== 'counter')
    .join(' ');
