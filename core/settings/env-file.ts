/**
 * Reads `.env.production`: `KEY=VALUE` lines. Unlike node:util's parseEnv it keeps a `#` inside an unquoted value (a token
 * may hold one; cutting it there would be a wrong password), never lets an unclosed quote swallow the lines after it, and knows
 * the line of everything.
 */
interface EnvFileEntry {
  value: string;
  /** Counts from 1. */
  line: number;
}

/** A line that could not be read. It never quotes the line, which may contain a secret. */
interface EnvFileFault {
  line: number;
  /** The key when the line has one. */
  key: string | null;
  found: string;
  accepted: string;
}

export interface EnvFile {
  /** The last entry of each key counts. */
  entries: ReadonlyMap<string, EnvFileEntry>;
  /** Keys that were given more than once. */
  repeated: readonly { key: string; line: number; firstLine: number }[];
  faults: readonly EnvFileFault[];
}

const assignment = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/;
const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };

/**
 * One `KEY=VALUE` a line, `export ` allowed in front. `#` starts a comment at the start of a line and after white space. Values in '…' are
 * literal; in "…" \n \r \t \" \\ are replaced. A quoted value ends on its line; nothing is expanded.
 */
export function parseEnvFile(text: string): EnvFile {
  const entries = new Map<string, EnvFileEntry>();
  const repeated: { key: string; line: number; firstLine: number }[] = [];
  const faults: EnvFileFault[] = [];
  for (const [index, content] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = index + 1;
    if (/^\s*(?:#|$)/.test(content)) continue;
    const [, key, rest] = assignment.exec(content) ?? [];
    if (key === undefined || rest === undefined) {
      faults.push({
        line,
        key: null,
        found: "a line that is no KEY=VALUE",
        accepted: 'KEY=VALUE, or a comment that starts with "#"',
      });
      continue;
    }
    const value = readValue(rest);
    if (typeof value !== "string") {
      faults.push({ line, key, ...value });
      continue;
    }
    const former = entries.get(key);
    if (former !== undefined) repeated.push({ key, line, firstLine: former.line });
    entries.set(key, { value, line });
  }
  return { entries, repeated, faults };
}

function readValue(rest: string): string | { found: string; accepted: string } {
  const trimmed = rest.trimStart();
  const quote = trimmed[0];
  if (quote !== '"' && quote !== "'") return rest.replace(/\s#.*$/, "").trim();
  const quoted = (quote === '"' ? /^"((?:[^"\\]|\\.)*)"/ : /^'([^']*)'/).exec(trimmed);
  if (quoted === null) return { found: "a quote that is not closed", accepted: `a closing ${quote} on the same line` };
  const after = trimmed.slice(quoted[0].length).trim();
  if (after !== "" && !after.startsWith("#")) {
    return { found: `text after the closing ${quote}`, accepted: "one quoted value, then at most a comment" };
  }
  const inside = quoted[1] ?? "";
  return quote === "'" ? inside : inside.replace(/\\(.)/g, (whole, character: string) => escapes[character] ?? whole);
}
