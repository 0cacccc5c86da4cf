/** `rhythmx exceptions`: with a running appliance, after `kill -9`, and without one. */
import { expect, test } from "bun:test";
import { detection } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { ApplianceProcess } from "../harness/process.ts";

const patience = 300_000;
const image = "C:\\Program Files\\Backup\\agent.exe";
const backup = (fields: object = {}) =>
  JSON.stringify(detection({ user: "svc-backup", level: "critical", raw: { Image: image }, ...fields }));

test(
  "tried, added, listed with what they suppressed, removed; also over kill -9 and without a running appliance",
  cleaningUp(async (defer) => {
    const site = await ApplianceProcess.prepare({ config: {} });
    defer(() => site.dispose());
    await site.start();
    const run = (...args: string[]) => site.run(["exceptions", ...args]);
    const json = (...args: string[]) => JSON.parse(run(...args, "--json").stdout);
    const imported = (...records: string[]) => expect(site.run(["import", "-"], records.join("\n")).code).toBe(0);
    imported(backup(), backup(), backup({ user: "other" }));
    expect(run().stderr).toContain("there are no exceptions");

    const what = ["--rule", "suspicious *", "--actor", "CORP\\svc-*"];
    const tried = run("try", ...what);
    expect([tried.code, tried.stdout]).toEqual([0, "would have suppressed 2 detections of 1 actor in 30 days\n"]);
    expect(json("try", "--rule", "*logon", "--process", "C:\\Program Files\\*")).toMatchObject({
      detections: 3,
      actors: 2,
      exact: false,
    });
    const added = run("add", ...what, "--reason", "Nightly job", "--until", "90d");
    expect([added.code, added.stdout]).toEqual([0, expect.stringMatching(/^exc-[0-9a-f]{12}\n$/)]);
    const id = added.stdout.trim();
    await site.kill();
    await site.start();
    imported(backup(), backup());
    expect(json()).toMatchObject([{ id, hits: 2, actor: "CORP\\svc-*", who: "command line", reason: "Nightly job" }]);
    expect(run().stdout).toMatch(
      /^exc-\w+ +2 +20\S+ +20\S+ +--rule "suspicious \*" --actor "CORP\\\\svc-\*" +command line +Nightly job$/m,
    );
    expect(json("try", ...what)).toMatchObject({ detections: 0 });
    expect(run("proposals").stderr).toContain("nothing is proposed");

    expect(await site.terminate()).toBe(0);
    expect(json("try", "--rule", "suspicious logon")).toMatchObject({ detections: 1, actors: 1, exact: true });
    expect(json()).toMatchObject([{ id, hits: 2 }]);
    expect(run("remove", id).code).toBe(0);
    const gone = run("remove", id);
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining("there is no exception")]);
    // What it had taken out when it was added counts again.
    expect(json("try", "--rule", "suspicious logon")).toMatchObject({ detections: 3, actors: 2 });
  }),
  patience,
);

test(
  "what cannot be one is bad usage, with its field",
  cleaningUp(async (defer) => {
    const site = await ApplianceProcess.prepare({ config: {} });
    defer(() => site.dispose());
    const refused: [string[], string][] = [
      [["add", "--rule", "r"], "--reason"],
      [["add", "--process", "x.exe", "--reason", "x"], "name a rule, an actor or a host"],
      [["add", "--rule", "*", "--reason", "x"], "rule: names nothing but wildcards"],
      [["try", "--rule", "r", "--hash", "none"], "hash: takes the hexadecimal digits"],
      [["add", "--rule", "r", "--reason", "x", "--until", "soon"], "--until"],
      [["add", "--rule", "r", "--reason", "x", "--until", "2001-01-01"], "until: is in the past"],
      [["remove"], "ID is missing"],
      [["tyr"], 'did you mean "try"?'],
    ];
    for (const [args, words] of refused) {
      const { code, stderr } = site.run(["exceptions", ...args]);
      expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
    }
  }),
  patience,
);
