/** The address of the installation as browsers see it, and what follows from it for cookies. */
export interface Site {
  readonly origin: string;
  readonly port: string;
  /** True for https: cookies are `__Host-` and Secure. */
  readonly isSecure: boolean;
  readonly isLoopback: boolean;
  /** False for http to another machine: nobody signs in over it. */
  readonly isFitForSignIn: boolean;
}

/** What the base URL says. */
export function siteOf(baseUrl: string): Site {
  const url = new URL(baseUrl);
  const isSecure = url.protocol === 'https:';
  const isLoopback = isLoopbackHost(url.hostname);
  return {
    origin: url.origin,
    port: url.port,
    isSecure,
    isLoopback,
    isFitForSignIn: isSecure || isLoopback,
  };
}

/** True for the names of the machine itself. */
export function isLoopbackHost(host: string): boolean {
  return (
    host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d+){3}$/.test(host)
  );
}
