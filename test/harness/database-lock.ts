/** Another program that holds the database file locked, as a backup tool or an open editor does. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

const holder = `import { Database } from "bun:sqlite";
  const database = new Database(process.argv[1]);
  database.exec("pragma busy_timeout = 10000");
  for (const statement of process.argv.slice(2)) database.exec(statement);
  console.log("held");
  process.stdin.on("end", () => { database.exec("rollback"); database.close(); process.exit(0); }).resume();
`;

export class DatabaseLock {
  private constructor(readonly child: ChildProcess) {}

  /** `BEGIN IMMEDIATE` lets others read, `exclusive` shuts them out from the file altogether, also from reading and opening it. */
  static async held(path: string, kind: "writer" | "exclusive" = "writer"): Promise<DatabaseLock> {
    // With the WAL, only this mode keeps readers out.
    const shut = ["pragma locking_mode = exclusive"];
    const statements = [...(kind === "exclusive" ? shut : []), "begin immediate", "create table held (x)"];
    const child = spawn(process.execPath, ["-e", holder, path, ...statements], { stdio: ["pipe", "pipe", "inherit"] });
    const [first] = await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
    if (!String(first).includes("held")) throw new Error(`the database could not be locked: exit ${first}`);
    return new DatabaseLock(child);
  }

  /** Rolls back and ends. */
  async release(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = once(this.child, "exit");
    this.child.stdin?.end();
    await ended;
  }
}
