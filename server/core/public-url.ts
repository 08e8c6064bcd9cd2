import { fail, ok, type Result } from './result';

/**
 * The origin that people reach Patchbay by through a proxy (`https://patchbay.example.org`), from what was typed.
 * Failure PUBLIC_URL.
 */
export function publicOrigin(text: string): Result<string> {
  const url = URL.parse(text);
  if (url === null || !['https:', 'http:'].includes(url.protocol) || url.hostname === '')
    return fail(
      'PUBLIC_URL',
      `The public address ${text} is none: it looks like https://patchbay.example.org.`,
    );
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return fail(
      'PUBLIC_URL',
      `The public address is a scheme, a name and perhaps a port, and nothing else: ${url.origin}.`,
    );
  if (url.pathname !== '/')
    return fail(
      'PUBLIC_URL',
      `The public address ${text} has a path: Patchbay needs a name of its own, as in ${url.origin}.`,
    );
  return ok(url.origin);
}

/** The values of Host that a request to this origin may have: browsers leave a usual port out, some proxies add it. */
export function hostsOf(origin: string): readonly string[] {
  const { host, port, protocol } = new URL(origin);
  return port === '' ? [host, `${host}:${protocol === 'https:' ? 443 : 80}`] : [host];
}
