/** Graylog's search language, what the pack's events use of it: `field:value`, `field:>=number`, AND, OR, NOT, brackets. */
import type { GraylogMessage } from "./graylog-pipeline.ts";

export function luceneMatches(query: string, message: GraylogMessage): boolean {
  const tokens = query.match(/[()]|[^\s()]+/g) ?? [];
  const any = (): boolean => {
    let result = all();
    // Both sides are read before they are judged.
    while (tokens[0] === "OR") {
      tokens.shift();
      const right = all();
      result ||= right;
    }
    return result;
  };
  const all = (): boolean => {
    let result = one();
    while (tokens[0] === "AND") {
      tokens.shift();
      const right = one();
      result &&= right;
    }
    return result;
  };
  const one = (): boolean => {
    const token = tokens.shift() ?? "";
    if (token === "NOT") return !one();
    if (token !== "(") return term(token, message);
    const result = any();
    if (tokens.shift() !== ")") throw new Error(`a bracket is missing in ${query}`);
    return result;
  };
  const result = any();
  if (tokens.length > 0) throw new Error(`${tokens.join(" ")} is left of ${query}`);
  return result;
}

function term(token: string, message: GraylogMessage): boolean {
  const [, field = "", atLeast, value = ""] = /^(\w+):(>=)?(\w+)$/.exec(token) ?? [];
  if (field === "") throw new Error(`a term that is not known here: ${token}`);
  const values = [message[field] ?? []].flat();
  return values.some((one) => (atLeast === undefined ? String(one) === value : Number(one) >= Number(value)));
}
