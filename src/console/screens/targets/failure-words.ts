/**
 * What stands in the way of a service, for people: the code that a failed connection ended with is said in words, and
 * stays behind them, for it is what one looks up. The number of an answer is said once. Anything else, such as what the service answered, stays as it is.
 */
export function inWords(words: Readonly<Record<string, string>>, why: string): string {
  const twice = /^rejected \((\d{3})\): (?=\1\b)/.exec(why)?.[0];
  if (twice !== undefined) return why.slice(twice.length);
  if (/^status \d{3}$/.test(why)) return `${words.status ?? ''}: ${why}.`;
  const code = /\b(?:E[A-Z_]{3,}|UND_ERR_[A-Z_]+|[A-Z_]*CERT[A-Z_]*|UNABLE_TO_[A-Z_]+)\b/.exec(why)?.[0];
  const said = code === undefined ? undefined : words[code];
  if (code === undefined || said === undefined) return why;
  const where = /\b(?:connect|getaddrinfo) [A-Z_]+ (\S+)/.exec(why)?.[1];
  return where === undefined ? `${said} (${code}).` : `${said}: ${where} (${code}).`;
}
