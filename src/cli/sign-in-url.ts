/** Where a sign-in link leads. */
export function signInUrl(baseUrl: string, link: string): string {
  return `${baseUrl}/sign-in/${link}`;
}
