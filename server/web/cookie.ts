const SESSION_COOKIE = 'patchbay_session';

/** The session's secret in a Cookie header, or null. */
export function sessionFrom(header: string | undefined): string | null {
  for (const pair of (header ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === SESSION_COOKIE && value && /^[A-Za-z0-9_-]{20,200}$/.test(value)) return value;
  }
  return null;
}

/** `seconds` 0 takes the cookie away. A `secure` one is sent over HTTPS alone. */
export const sessionCookie = (secret: string, seconds: number, secure: boolean): string =>
  `${SESSION_COOKIE}=${secret}; Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}; Max-Age=${seconds}`;
