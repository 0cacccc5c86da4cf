/** Conditions of policies (encoded queries), held against the values that a record is going to have. */

/** Whether a condition holds; null = that cannot be told from these values alone. */
export function holds(condition: string, values: Readonly<Record<string, string>>): boolean | null {
  const text = condition.replace(/\^EQ$/, "").trim();
  if (text === "" || text === "EQ") return true;
  // `^NQ` begins another query: one of them is enough.
  return anyOf(text.split("^NQ").map((query) => ofQuery(query, values)));
}

/** Terms that all hold, each of them one of its `^OR`. */
function ofQuery(query: string, values: Readonly<Record<string, string>>): boolean | null {
  const groups: string[][] = [];
  for (const part of query.split("^")) {
    if (part.startsWith("OR") && groups.length > 0) groups.at(-1)?.push(part.slice(2));
    else if (part !== "" && part !== "EQ") groups.push([part]);
  }
  const results = groups.map((terms) => anyOf(terms.map((term) => ofTerm(term, values))));
  if (results.includes(false)) return false;
  return results.includes(null) ? null : true;
}

function anyOf(results: readonly (boolean | null)[]): boolean | null {
  if (results.includes(true)) return true;
  return results.includes(null) ? null : false;
}

const term = /^([a-z][a-z0-9_]*)(!=|>=|<=|=|>|<|NOT IN|IN|ISEMPTY|ISNOTEMPTY)(.*)$/;

function ofTerm(text: string, values: Readonly<Record<string, string>>): boolean | null {
  const [, name = "", operator = "", wanted = ""] = term.exec(text) ?? [];
  const given = Object.hasOwn(values, name) ? values[name] : undefined;
  // What the instance fills itself is not known, and a question about an empty column neither.
  if (given === undefined) return null;
  const list = wanted.split(",");
  switch (operator) {
    case "=":
      return given === wanted;
    case "!=":
      return given !== wanted;
    case "IN":
      return list.includes(given);
    case "NOT IN":
      return !list.includes(given);
    case "ISEMPTY":
      return given === "";
    case "ISNOTEMPTY":
      return given !== "";
    case ">=":
    case "<=":
    case ">":
    case "<":
      return compared(Number(given), operator, Number(wanted));
    default:
      return null;
  }
}

function compared(given: number, operator: string, wanted: number): boolean | null {
  if (Number.isNaN(given) || Number.isNaN(wanted)) return null;
  if (operator === ">=") return given >= wanted;
  if (operator === "<=") return given <= wanted;
  return operator === ">" ? given > wanted : given < wanted;
}
