/** What a JUnit report of `bun test` says, and what is said of a failed test once more at the end of a run. */

export interface Counts {
  tests: number;
  failures: number;
  skipped: number;
  /** Of each failed test: its file and name, then what went wrong and where, a line each. */
  failed: readonly string[];
}

/** Of what went wrong: lines, and characters of a line. */
const mostLines = 10;
const mostOfLine = 240;

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
const plain = (text: string) =>
  text.replace(/&(?:#(\d+)|(\w+));/g, (whole, code?: string, name?: string) =>
    code === undefined ? (entities[name ?? ""] ?? whole) : String.fromCodePoint(Number(code)),
  );

/** The first of what went wrong, and the places in files of ours. */
function essence(text: string): string[] {
  const lines = text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal
    .replace(/\u001b\[[\d;]*m/g, "")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => line.slice(0, mostOfLine));
  const isPlace = (line: string) => /^\s+at /.test(line);
  const places = lines.filter((line) => isPlace(line) && !line.includes("node_modules"));
  return [...lines.filter((line) => !isPlace(line)).slice(0, mostLines), ...places.slice(0, 3)];
}

/** A failure as it is told: what failed, and below it, further in, what is known of it. */
export const told = (what: string, details: string): string =>
  [what, ...essence(details).map((line) => `      ${line}`)].join("\n");

/** What a JUnit report says: the attributes of its outermost element, and which tests failed. */
export function countsOf(report: string): Counts {
  const cases = /<testcase\b([^>]*[^/>])>\s*<(failure|error)\b([^>]*?)(?:\/>|>([\s\S]*?)<\/\2>)/g;
  const failed = [...report.matchAll(cases)].map(([, attributes = "", , own = "", text = ""]) => {
    const value = (name: string, of: string) => plain(new RegExp(`\\b${name}="([^"]*)"`).exec(of)?.[1] ?? "");
    const [name, line] = [value("name", attributes), value("line", attributes)];
    const what = name === "(unnamed)" ? "before or after its tests" : name;
    const place = `${value("file", attributes)}${line === "" ? "" : `:${line}`}`;
    return told(`${place} ${what}`, plain(text) || value("message", own) || value("type", own));
  });
  const head = /<testsuites\b[^>]*>/.exec(report)?.[0] ?? "";
  const attribute = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  return {
    tests: attribute("tests"),
    failures: attribute("failures") + attribute("errors"),
    skipped: attribute("skipped"),
    failed,
  };
}

/** The file whose tests ran last, by what `bun test` has said. */
export const lastFileOf = (output: string): string | null =>
  [...output.matchAll(/^(\S+\.test\.tsx?):$/gm)].at(-1)?.[1] ?? null;
