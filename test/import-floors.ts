/**
 * The rules of docs/architecture.md that can be read off the source text: floors, what core may touch, where Bun may be used,
 * cycles, names and sizes of files.
 */
import { dirname, join } from "node:path/posix";

/** Path from the project's root (`core/alert.ts`) to text. */
export type Sources = ReadonlyMap<string, string>;

/** Which rooms a room may import besides itself. */
const floors: Readonly<Record<string, readonly string[]>> = {
  "main.ts": ["appliance", "transports", "integrations", "store", "core"],
  appliance: ["transports", "integrations", "store", "core", "package.json"],
  transports: ["core"],
  integrations: ["core"],
  store: ["core"],
  core: [],
};
/** Rooms whose inner rooms know nothing of each other either. */
const divided = new Set(["transports", "integrations"]);

/**
 * Floors within a room, lowest first: an inner room imports from those below it, and those that share a floor know nothing of each other.
 * The room's own files, which belong to no inner room, have the floor `.`.
 */
const innerFloors: Readonly<Record<string, readonly (readonly string[])[]>> = {
  store: [
    ["disk"],
    ["database"],
    ["events", "replica"],
    ["access", "assets", "backup", "outbox"],
    ["incidents"],
    ["intake"],
    ["campaigns"],
    ["search", "sync"],
    ["lists"],
    ["retention"],
    ["worker"],
    ["."],
  ],
  appliance: [
    ["packs", "runtime"],
    ["access", "certificate", "cluster", "config", "feeds", "packaging", "sample", "upkeep"],
    ["backups", "tickets"],
    ["api"],
    ["console"],
    ["checks"],
    ["support"],
    ["control"],
    ["."],
    ["demo"],
    ["cli"],
  ],
};

const corePackages = new Set(["valibot", "fastest-levenshtein", "re2js", "node:crypto"]);
const testPackages = new Set(["bun:test", "fast-check"]);

const coreForbids: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b/, "Date.now"],
  [/\bnew Date(?:\(\s*\)|\s*[;,)\]])/, "new Date()"],
  [/\bMath\.random\b/, "Math.random"],
  [/\b(?:setTimeout|setInterval|setImmediate|fetch)\s*\(/, "a timer or fetch"],
  [/\bprocess\.[a-z]/, "process"],
  [/\bperformance\.[a-z]/, "performance"],
  [/\bcrypto\.(?:random|getRandom)/, "random bytes"],
  [/\bconsole\.[a-z]/, "console"],
];

/** The difference of two times of the real clock. Benchmarks are no tests. */
const elapsedTime = /\b(?:performance|Date)\.now\(\)\s*-\s*[A-Za-z_]|\w\s*-\s*(?:performance|Date)\.now\(\)/;

/**
 * What a runtime has of its own stands in its own folder, behind the interface of appliance/runtime/platform.ts; nothing else asks which
 * runtime there is. `#platform` (package.json) is the file of the one that loads the program.
 */
const runtimeFolder = /^appliance\/runtime\/(bun|deno|node)\//;
const platforms = ["bun", "deno", "node"].map((name) => `appliance/runtime/${name}/platform.ts`);
const heapsOfRuntimes = ["bun", "node"].map((name) => `appliance/runtime/${name}/heap.ts`);
const runtimesOwn: readonly (readonly [RegExp, string, (path: string) => boolean])[] = [
  [/\bBun\s*[.[]/, "Bun.* belongs in appliance/runtime/bun", mayUseBun],
  [
    /\bDeno\s*[.[]/,
    "Deno.* belongs in appliance/runtime/deno",
    (path) => path.startsWith("appliance/runtime/deno/") || isTest(path),
  ],
  [
    /\btypeof (?:Bun|Deno)\b|\bversions\s*(?:\?\.|\.|\[["'])(?:bun|deno|node)\b|\bin globalThis\b/,
    "asks which runtime there is, which only #platform decides",
    (path) => runtimeFolder.test(path) || isTest(path),
  ],
];

const maxLines = 300;
/** Source files in one folder, tests apart: more are a heap, in which nobody finds anything. */
const maxFiles = 20;

interface Import {
  specifier: string;
  /** The names taken, as written: `{ createHash }`. */
  clause: string;
}

/** One line for every breach of a rule, each beginning with the path of the file. */
export function violations(sources: Sources): string[] {
  const found: string[] = [];
  for (const [path, text] of sources) {
    const report = (what: string) => found.push(`${path}: ${what}`);
    const imports = importsOf(text);
    for (const { specifier, clause } of imports) {
      const target = resolve(path, specifier);
      if (target === null) checkPackage(path, specifier, clause, report);
      else {
        checkFloor(path, target, report);
        if (!isTest(path)) checkInnerFloor(path, target, report);
      }
    }
    const [room, own] = [roomOf(path), innerRoomOf(path) ?? "."];
    if (innerFloors[room]?.flat().includes(own) === false)
      report(`${room}/${own} has no floor in test/import-floors.ts`);
    for (const [pattern, what, isAllowed] of runtimesOwn)
      if (!isAllowed(path) && pattern.test(codeOf(path, text))) report(what);
    if (roomOf(path) === "core" && !isTest(path))
      for (const [pattern, name] of coreForbids)
        if (pattern.test(codeOf(path, text))) report(`core must not use ${name}`);
    if (/\.test\.tsx?$/.test(path) && elapsedTime.test(codeOf(path, text)))
      report(
        "measures elapsed time, which depends on what else the machine does: count, compare the order, or use a fake clock",
      );
    if (/(^|\/)(utils?|helpers?|common|misc)(\.|\/)/.test(path)) report("a name that says nothing");
    const lines = text.split("\n").length - 1;
    if (!/\.test\.tsx?$/.test(path) && lines > maxLines) report(`${lines} lines, more than ${maxLines}`);
  }
  return [...found, ...heaps(sources), ...cycles(sources)];
}

/** Folders of the program with more files than can be overlooked. */
function heaps(sources: Sources): string[] {
  const folders = Map.groupBy(
    [...sources.keys()].filter((path) => !isTest(path)),
    (path) => dirname(path),
  );
  return [...folders].flatMap(([folder, files]) =>
    files.length > maxFiles ? [`${folder}: ${files.length} files, more than ${maxFiles}`] : [],
  );
}

/** Import, export-from, import() and worker URLs of a source text. */
export function importsOf(text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const patterns = [
    /^\s*(?:import|export)\b([^"';]*?)\bfrom\s*["']([^"']+)["']/gm,
    /^\s*import\s*()["']([^"']+)["']/gm,
    /\b(?:import|require)\s*\(()\s*["']([^"']+)["']/g,
    /\bnew URL\(()["'](\.[^"']+)["'],\s*import\.meta\.url/g,
  ];
  return patterns.flatMap((pattern) =>
    [...code.matchAll(pattern)].map(([, clause = "", specifier = ""]) => ({ specifier, clause: clause.trim() })),
  );
}

function checkPackage(path: string, specifier: string, clause: string, report: (what: string) => void): void {
  if (/^bun($|:)/.test(specifier) && specifier !== "bun:test" && !mayUseBun(path))
    report(`imports "${specifier}", which belongs in appliance/runtime/bun`);
  if (specifier === "bun:sqlite" && sharesItsProcess(path))
    report("a second SQLite in the process takes the first one's locks and maps away: test/harness/database-file.ts");
  if (specifier === "#heap" && dirname(path) !== "appliance/runtime" && path !== "store/worker/worker.ts")
    report(`imports "#heap", which is for the files of appliance/runtime and the entry of the store's Worker`);
  if (specifier === "#platform" && dirname(path) !== "appliance/runtime")
    report(`imports "#platform", which is for the files of appliance/runtime`);
  if (roomOf(path) !== "core" || (isTest(path) && testPackages.has(specifier))) return;
  if (!corePackages.has(specifier)) report(`core must not import "${specifier}"`);
  else if (specifier === "node:crypto" && !/^\{ (createHash|hash|createHash, hash) \}$/.test(clause))
    report(`core takes only createHash and hash of node:crypto`);
}

function checkFloor(path: string, target: string, report: (what: string) => void): void {
  const [from, to] = [roomOf(path), roomOf(target)];
  if (from === "test" || (to === "test" && isTest(path))) return;
  if (from !== to && !floors[from]?.includes(to)) report(`${from} must not import ${target}`);
  const runtime = runtimeFolder.exec(target)?.[1];
  if (runtime !== undefined && !path.startsWith(`appliance/runtime/${runtime}/`) && !isShared(path, target))
    report(`must not import ${target}: #platform is the file of the runtime that there is`);
  if (from === to && divided.has(from)) {
    const [own, other] = [innerRoomOf(path), innerRoomOf(target)];
    if (own !== null && other !== null && own !== other) report(`${from}/${own} must not import its sibling ${target}`);
  }
}

/** Deno takes from Node what both have. */
function isShared(path: string, target: string): boolean {
  return path.startsWith("appliance/runtime/deno/") && target.startsWith("appliance/runtime/node/");
}

/** Of files in the same room: an import from the same floor, or from above. */
function checkInnerFloor(path: string, target: string, report: (what: string) => void): void {
  const room = roomOf(path);
  const order = innerFloors[room];
  const [own, other] = [innerRoomOf(path) ?? ".", innerRoomOf(target) ?? "."];
  if (order === undefined || room !== roomOf(target) || own === other) return;
  const floorOf = (inner: string) => order.findIndex((floor) => floor.includes(inner));
  if (floorOf(own) <= floorOf(other)) report(`${room}/${own} must not import ${target}, which is not below it`);
}

/** Each circle of imports once, as the path around it. */
function cycles(sources: Sources): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string) => {
    const at = trail.indexOf(path);
    if (at >= 0) found.push(`${path}: import cycle ${[...trail.slice(at), path].join(" → ")}`);
    if (at >= 0 || done.has(path)) return;
    trail.push(path);
    for (const { specifier } of importsOf(sources.get(path) ?? "")) {
      const targets = { "#platform": platforms, "#heap": heapsOfRuntimes }[specifier] ?? [resolve(path, specifier)];
      for (const target of targets) if (target !== null && target !== path) visit(target);
    }
    trail.pop();
    done.add(path);
  };
  for (const path of sources.keys()) visit(path);
  return found;
}

/** Path of an imported file from the project's root; null for a package. */
function resolve(path: string, specifier: string): string | null {
  return specifier.startsWith(".") ? join(dirname(path), specifier) : null;
}

function roomOf(path: string): string {
  return path.split("/")[0] ?? path;
}

function innerRoomOf(path: string): string | null {
  const parts = path.split("/");
  return parts.length > 2 ? (parts[1] ?? null) : null;
}

function isTest(path: string): boolean {
  return roomOf(path) === "test" || /\.test\.tsx?$/.test(path);
}

function mayUseBun(path: string): boolean {
  return isTest(path) || /^appliance\/(runtime\/bun|packaging)\//.test(path);
}

/** Its process may also be one in which an appliance or a store runs; the programs of test/chaos, test/bench and test/soak start theirs apart. */
function sharesItsProcess(path: string): boolean {
  return /\.test\.tsx?$/.test(path) || /^test\/(data|harness|packs)\//.test(path);
}

/** The program without comments and types. */
function codeOf(path: string, text: string): string {
  return new Bun.Transpiler({ loader: path.endsWith("x") ? "tsx" : "ts" }).transformSync(text);
}
