import { existsSync } from "node:fs";
import { join } from "node:path";
import { EdgeError, UsageError } from "../../core/errors.ts";
import type { Settings } from "../../core/settings.ts";
import { ageInWords } from "../../core/text/age.ts";
import { isClustered, withDirectory } from "../cluster/connection.ts";
import { addNode, type ClusterView, promoteNode, removeNode, reseedNode, viewCluster } from "../cluster/members.ts";
import { leaveCluster } from "../cluster/own-file.ts";
import { action, type CommandContext, commandGroup, jsonOption, type Terminal } from "./command.ts";
import { giveToOwner } from "./operations.ts";
import { canAsk, confirm } from "./terminal/confirm.ts";
import { printJson, table } from "./terminal/table.ts";

const nodeArgument = { name: "NODE", about: "the node's name (RHYTHMX_CLUSTER_NODE; default: the machine's)" } as const;
const yes = { about: "does not ask; needed where there is no terminal to ask on" } as const;

const status = action({
  summary: "who leads, who follows, how far each is",
  about: `Prints the nodes of the cluster: which one leads, the last record of the log that each has, how many it lacks, and what is wrong with it. It asks etcd, and works on every machine that reaches it.`,
  options: jsonOption,
  examples: [
    { what: "Is the cluster well?", lines: ["rhythmx cluster"] },
    { what: "The leader's address, for a script", lines: ["rhythmx cluster --json | jq -r .leader.address"] },
  ],
  exitCodes: { 0: "one node leads, and nothing is wrong with any", 1: "something is wrong, or etcd does not answer" },
  seeAlso: ["rhythmx doctor", "docs/cluster.md"],

  async run({ values, terminal, loadSettings }) {
    const view = await inCluster(await settingsOf(loadSettings), viewCluster);
    if (values.json) printJson(terminal, view);
    else terminal.out(clusterText(view, terminal.columns, Date.now()));
    return view.leader !== null && view.nodes.every(({ fault }) => fault === null) ? 0 : 1;
  },
});

const add = action({
  summary: "take a machine into the cluster",
  about: `Takes a node into the cluster. The first one begins it, with what is in its database. Every further one takes a copy of another node's database when it starts; it needs the same master key.`,
  arguments: [nodeArgument],
  examples: [{ what: "A second machine", lines: ["rhythmx cluster add edge2"] }],
  seeAlso: ["docs/cluster.md"],

  async run({ args: [node], terminal, loadSettings }) {
    checkName(node);
    const { founder } = await inCluster(await settingsOf(loadSettings), (directory) =>
      addNode(directory, node, Date.now()),
    );
    terminal.err(
      founder
        ? `${node} is the first node: its database becomes the cluster's when it starts\n`
        : `${node} belongs to the cluster; with the same master key it takes a copy of the database when it starts\n`,
    );
    return 0;
  },
});

const remove = action({
  summary: "take a machine out of the cluster",
  about: `Takes a node out: it applies nothing more, and the log is no longer kept for it. With --here, on that machine with its service stopped, its database is made one that runs alone.`,
  arguments: [nodeArgument],
  options: { here: { about: "also makes the database in the data folder here one that runs alone" }, yes },
  examples: [
    { what: "A machine that is gone for good", lines: ["rhythmx cluster remove edge3"] },
    {
      what: "Back to one machine, on that machine",
      lines: [
        "systemctl stop rhythmx",
        "rhythmx cluster remove edge1 --here",
        "# unset RHYTHMX_CLUSTER, then start it",
      ],
    },
  ],
  exitCodes: { 0: "it is out", 1: "nothing is changed" },

  async run({ values, args: [node], terminal, loadSettings }) {
    // A file of a cluster is also where its settings are gone.
    const settings = values.here ? (await loadSettings()).settings : await settingsOf(loadSettings);
    const question = values.here
      ? `the database in ${settings.dataDir} will run alone, and take what the cluster does not have: go on?`
      : `${node} will no longer get what the cluster takes in: take it out?`;
    if (!(await agreed(terminal, values.yes, question))) return 1;
    if (values.here) {
      const database = join(settings.dataDir, "rhythmx.db");
      if (existsSync(database)) await leaveCluster(database);
      await giveToOwner(settings.dataDir);
      terminal.err(`the database in ${settings.dataDir} belongs to no cluster any more\n`);
      // The last one cannot be taken out, and need not be.
      if (!isClustered(settings)) return 0;
      const view = await inCluster(settings, viewCluster).catch(() => null);
      if (view === null || view.nodes.filter(({ member }) => member).length < 2) return 0;
    }
    await inCluster(settings, (directory) => removeNode(directory, node));
    terminal.err(`${node} is out of the cluster\n`);
    return 0;
  },
});

const promote = action({
  summary: "have another machine lead",
  about: `Asks that a node leads: the present leader sends what is queued, steps down, and the node takes over. For maintenance of a machine, and for upgrades, followers first.`,
  arguments: [nodeArgument],
  examples: [{ what: "Before the leader is upgraded", lines: ["rhythmx cluster promote edge2"] }],
  exitCodes: { 0: "it is asked; `rhythmx cluster` shows when it leads" },

  async run({ args: [node], terminal, loadSettings }) {
    await inCluster(await settingsOf(loadSettings), (directory) => promoteNode(directory, node));
    terminal.err(`${node} is to lead; \`rhythmx cluster\` shows when it does\n`);
    return 0;
  },
});

const reseed = action({
  summary: "have a machine copy its database from another one",
  about: `Has a follower replace its database by a copy of another node's, as soon as it runs. What it had is kept beside it. For a node whose file is damaged or of another history.`,
  arguments: [nodeArgument],
  options: { yes },
  examples: [{ what: "After `this node applies nothing more`", lines: ["rhythmx cluster reseed edge3"] }],
  exitCodes: { 0: "it is asked", 1: "nothing is changed" },

  async run({ values, args: [node], terminal, loadSettings }) {
    const settings = await settingsOf(loadSettings);
    if (!(await agreed(terminal, values.yes, `${node} replaces its database by a copy: go on?`))) return 1;
    await inCluster(settings, (directory) => reseedNode(directory, node, Date.now()));
    terminal.err(`${node} copies its database from another node, now or when it starts\n`);
    return 0;
  },
});

export const clusterCommand = commandGroup({
  name: "cluster",
  summary: "several machines as one: see them, add, promote, copy",
  about: `A cluster is several machines as one appliance: one leads, the others follow and take over. RHYTHMX_CLUSTER names the etcd that keeps its log.`,
  usual: "status",
  actions: { status, add, remove, promote, reseed },
  examples: [],
  seeAlso: ["docs/cluster.md"],
});

/** The nodes as a table, with what is wrong below. `now`: epoch milliseconds. */
function clusterText(view: ClusterView, columns: number | null, now: number): string {
  if (view.id === null) return "there is no cluster yet: `rhythmx cluster add NODE` begins it\n";
  const head = Math.max(0, ...view.nodes.map(({ applied }) => applied));
  const rows = view.nodes.map(({ name, role, address, applied, version, seenAt, member }) => [
    name,
    member ? (view.leader?.node === name ? "leader" : role === "leader" ? "-" : role) : "removed",
    address,
    String(applied),
    String(head - applied),
    version,
    seenAt === null ? "never" : `${ageInWords(Math.max(0, now - seenAt))} ago`,
  ]);
  const wrong = view.nodes.flatMap(({ name, fault }) => (fault === null ? [] : [`${name}: ${fault}\n`]));
  const nobody = view.leader === null ? ["nobody leads\n"] : [];
  return [
    table(["NODE", "ROLE", "ADDRESS", "RECORD", "LACKS", "VERSION", "SEEN"], rows, columns),
    ...nobody,
    ...wrong,
  ].join("");
}

/** @throws UsageError where this machine is in no cluster */
async function settingsOf(loadSettings: CommandContext["loadSettings"]): Promise<Settings> {
  const { settings } = await loadSettings();
  if (!isClustered(settings))
    throw new UsageError(
      "this machine is alone: set RHYTHMX_CLUSTER to the addresses of etcd first (docs/cluster.md says how)",
    );
  return settings;
}

const inCluster = withDirectory;

function checkName(node: string): void {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(node))
    throw new UsageError(
      `${JSON.stringify(node.slice(0, 80))} is no name of a node: up to 63 lower-case letters, digits and hyphens`,
    );
}

/** @throws EdgeError not_confirmed if nobody can be asked */
async function agreed(terminal: Terminal, yes: boolean, question: string): Promise<boolean> {
  if (yes) return true;
  if (!canAsk(terminal)) throw new EdgeError("not_confirmed", `${question} Say so with --yes`);
  const said = await confirm(terminal, question);
  if (!said) terminal.err("nothing is changed\n");
  return said;
}
