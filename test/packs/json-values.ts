/** The value at a path of the list of fields: `risk.score`, `tactics[]`, `related_cases[].case_id`. Lists are arrays; what is not there is null. */
export function valueAt(body: unknown, path: string): unknown {
  const [head = "", ...rest] = path.split(".");
  const isList = head.endsWith("[]");
  const key = isList ? head.slice(0, -2) : head;
  const value = (body as Record<string, unknown> | null)?.[key] ?? null;
  if (isList) {
    const items = Array.isArray(value) ? value : [];
    return rest.length === 0 ? items : items.map((item) => valueAt(item, rest.join(".")));
  }
  return rest.length === 0 ? value : valueAt(value, rest.join("."));
}
