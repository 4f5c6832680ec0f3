/** A browser as far as cookies and the headers of navigation go. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Browser {
  /** The cookies that it holds. */
  readonly cookies: Map<string, string>;
  /** Opens an address as if typed; redirects are not followed. */
  open(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Sends a form from one of our pages, or as the headers say otherwise. */
  post(
    path: string,
    fields?: Readonly<Record<string, string>> | URLSearchParams,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
}

/** One that talks to that address. */
export function newBrowser(address: string): Browser {
  const cookies = new Map<string, string>();
  const send = async (path: string, init: RequestInit): Promise<Answer> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(`${address}${path}`, {
      ...init,
      redirect: 'manual',
      headers: { ...(cookie === '' ? {} : { Cookie: cookie }), ...(init.headers as Record<string, string>) },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || line.includes('Max-Age=0')) cookies.delete(name);
      else cookies.set(name, value);
    }
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  return {
    cookies,
    open: (path, headers = {}) => send(path, { headers: { 'Sec-Fetch-Site': 'none', ...headers } }),
    post: (path, fields = {}, headers = {}) =>
      send(path, {
        method: 'POST',
        body: new URLSearchParams(fields),
        headers: { Origin: address, 'Sec-Fetch-Site': 'same-origin', ...headers },
      }),
  };
}

/** The token that a page's forms carry. */
export function csrfIn({ text }: Answer): string {
  return /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
}
