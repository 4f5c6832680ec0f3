/** Null for what is no JSON object; an empty field is one without members. */
export function jsonIn(form: URLSearchParams, name: string): Readonly<Record<string, unknown>> | null {
  const text = (form.get(name) ?? '').trim();
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
