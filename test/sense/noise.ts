/** Harmless detections of an invented company, by people and programs that set off rules in their own ways. */
import type { Level } from "../../core/detection.ts";
import { dayMs, hourMs } from "../../core/time.ts";
import type { Dice } from "../chaos/dice.ts";
import { domain, type Estate, type Machine } from "./estate.ts";
import { fieldRules, harmlessRules, type Rule } from "./rules.ts";

/** A detection as it is sent. */
export interface NoiseRecord {
  id: string;
  rule_id: string;
  rule_title: string;
  rule_author: string;
  level: Level;
  tags: readonly string[];
  host: string;
  user: string | null;
  src_ip: string | null;
  timestamp: string;
  entity: string;
  event_id?: number;
  channel?: string;
  raw: object;
}

/** How a company's rules are tuned. Shares are between 0 and 1. */
export interface NoiseProfile {
  name: string;
  /** Of the detections those that people and programs with a task make: administrators, help desk, developers, scanner, backup, deployment. */
  tasks: number;
  /** Of the rules of a level those that are set off here at all. */
  used: Readonly<Record<"low" | "medium" | "high", number>>;
  /** Of the rules in use those that fire all over the company; half of the others fire on a team, the rest on one to three machines. */
  everywhere: Readonly<Record<"low" | "medium" | "high", number>>;
  /** Weight of a detection of level high beside a low one, medium half as far. */
  high: number;
  /** Every rule fires on every machine alike, at any hour. */
  uniform?: boolean;
}

export const noiseProfiles: readonly NoiseProfile[] = [
  {
    name: "office",
    tasks: 0.45,
    used: { low: 0.9, medium: 0.7, high: 0.3 },
    everywhere: { low: 0.5, medium: 0.35, high: 0.2 },
    high: 0.1,
  },
  {
    name: "untuned",
    tasks: 0.4,
    used: { low: 1, medium: 0.9, high: 0.7 },
    everywhere: { low: 0.5, medium: 0.4, high: 0.4 },
    high: 0.5,
  },
  {
    name: "patchy",
    tasks: 0.3,
    used: { low: 0.8, medium: 0.6, high: 0.2 },
    everywhere: { low: 0.2, medium: 0.1, high: 0.05 },
    high: 0.08,
  },
  {
    name: "tasks",
    tasks: 0.85,
    used: { low: 0.6, medium: 0.4, high: 0.1 },
    everywhere: { low: 0.6, medium: 0.5, high: 0.5 },
    high: 0.2,
  },
  {
    name: "uniform",
    tasks: 0,
    used: { low: 1, medium: 1, high: 1 },
    everywhere: { low: 1, medium: 1, high: 1 },
    high: 0.3,
    uniform: true,
  },
];

/** Which rules a task sets off, by words of their titles, and when. */
const tasks = {
  administrators:
    /net\.exe|whoami|psexec|sc\.exe|schtasks|wmic|remote powershell|winrm|wsman|admin share|remote named pipe|dsquery|local accounts|member was|taskkill|firewall|rmdir|advanced ip scanner|sysinternals|admin user|explicit credentials/i,
  helpDesk:
    /local user|new user created|rdp|remote assistance|password policy|local accounts|member was|gpresult|systeminfo|teamviewer|anydesk|tasklist|local administrator/i,
  developers:
    /csc\.exe|compile|curl|base64|script interpreter|python|github|obfuscation|cscript|whoami|node|public folder|csharp|certutil|headless/i,
  scanner:
    /reconnaissance|ntlm|password policy|network command|discovery|anonymous|remote named pipe|admin share|log4|smb|public ip|spoolss|hidden share|metasploit/i,
  backup: /shadow copy|vss|raw disk|compression|accessmask|stop windows service|handle failure/i,
  deployment:
    /scheduled task|schtasks|base64|powershell|service install|uncommon service|register|long powershell|run keys|msi|defender exclusions|application uninstalled|wmiprvse/i,
};

const share = { administrators: 0.25, helpDesk: 0.1, developers: 0.15, scanner: 0.2, backup: 0.1, deployment: 0.2 };
type Task = keyof typeof share;

/** `count` detections of `days` days from `start` (epoch ms, midnight), in the order of their times. */
export function quietDetections(
  dice: Dice,
  estate: Estate,
  profile: NoiseProfile,
  { start, days, count }: { start: number; days: number; count: number },
): NoiseRecord[] {
  const rules = [...harmlessRules(), ...fieldRules()].filter((rule) => dice.chance(profile.used[levelOf(rule)]));
  const habits = rules.map((rule) => habitOf(dice, estate, profile, rule));
  const weights = habits.map(({ weight }) => weight);
  const ofTasks = Object.fromEntries(
    (Object.keys(share) as Task[]).map((task) => [task, taskHabits(dice, rules, task)]),
  ) as Record<Task, { rule: Rule; weight: number }[]>;
  const records = Array.from({ length: count }, () => {
    const day = start + dice.int(0, days - 1) * dayMs;
    if (dice.chance(profile.tasks)) return taskDetection(dice, estate, ofTasks, day);
    const { rule, machines } = weighted(dice, habits, weights);
    const machine = dice.pick(machines);
    const at = profile.uniform === true ? day + dice.next() * dayMs : day + timeOfDay(dice, day, machine);
    // Programs run as the machine, people as themselves.
    const user = machine.user !== null && dice.chance(0.6) ? machine.user : null;
    return detection(rule, machine, user, at);
  });
  return records
    .sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1))
    .map((record, at) => ({ ...record, id: `n${start}-${at}` }));
}

function levelOf({ level }: Rule): "low" | "medium" | "high" {
  return level === "low" || level === "medium" ? level : "high";
}

interface Habit {
  rule: Rule;
  machines: readonly Machine[];
  weight: number;
}

/** On which machines a rule fires here, and how often. */
function habitOf(dice: Dice, estate: Estate, profile: NoiseProfile, rule: Rule): Habit {
  const level = levelOf(rule);
  const weight = { low: 1, medium: (1 + profile.high) / 2, high: profile.high }[level] * heavyTail(dice);
  if (profile.uniform === true) return { rule, machines: estate.machines, weight: weight / heavyTail(dice) };
  const some = (size: number) => dice.shuffled(estate.machines).slice(0, size);
  if (dice.chance(profile.everywhere[level])) return { rule, machines: some(dice.int(60, 280)), weight: weight * 3 };
  if (dice.chance(0.5)) return { rule, machines: some(dice.int(4, 25)), weight };
  return { rule, machines: some(dice.int(1, 3)), weight: weight / 3 };
}

/** A few rules make most of the noise. */
function heavyTail(dice: Dice): number {
  return Math.exp(3 * (dice.next() + dice.next() - 1));
}

function taskHabits(dice: Dice, rules: readonly Rule[], task: Task): { rule: Rule; weight: number }[] {
  const known = rules.filter(({ title }) => tasks[task].test(title));
  return (known.length === 0 ? rules.slice(0, 5) : known).map((rule) => ({ rule, weight: heavyTail(dice) }));
}

function taskDetection(
  dice: Dice,
  estate: Estate,
  habits: Record<Task, { rule: Rule; weight: number }[]>,
  day: number,
) {
  const names = Object.keys(share) as Task[];
  const task = weighted(
    dice,
    names,
    names.map((name) => share[name]),
  );
  const { rule } = weighted(
    dice,
    habits[task],
    habits[task].map(({ weight }) => weight),
  );
  const night = () => day + dice.int(20, 23) * hourMs + dice.next() * hourMs;
  const atWork = (machine: Machine) => day + timeOfDay(dice, day, { ...machine, user: "people" });
  switch (task) {
    case "administrators": {
      const machine = dice.pick(dice.chance(0.7) ? estate.servers : [...estate.workstations, ...estate.controllers]);
      return detection(rule, machine, dice.pick(estate.administrators), atWork(machine));
    }
    case "helpDesk": {
      const machine = dice.pick(estate.workstations);
      return detection(rule, machine, dice.pick(estate.helpDesk), atWork(machine));
    }
    case "developers": {
      const user = dice.pick(estate.developers);
      const own = estate.workstations.find((one) => one.user === user);
      const machine = dice.chance(0.8) && own !== undefined ? own : dice.pick(estate.servers);
      return detection(rule, machine, user, atWork(machine));
    }
    case "scanner":
      // The scanner's own account, or the machine that it looks at.
      return detection(rule, dice.pick(estate.machines), dice.chance(0.6) ? estate.scanner.account : null, night(), {
        srcIp: estate.scanner.machine.ip,
      });
    case "backup": {
      const machine = dice.pick([...estate.servers, ...estate.controllers, estate.backup.machine]);
      return detection(rule, machine, dice.chance(0.5) ? estate.backup.account : null, night());
    }
    case "deployment":
      return detection(rule, dice.pick(estate.machines), dice.chance(0.4) ? estate.deployment.account : null, night());
  }
}

/** People work from 7 to 19 on five days; servers at any time. */
function timeOfDay(dice: Dice, day: number, { user }: Machine): number {
  const weekend = [0, 6].includes(new Date(day).getUTCDay());
  if (user === null || (weekend && dice.chance(0.3))) return dice.next() * dayMs;
  return (7 + 6 * (dice.next() + dice.next())) * hourMs;
}

function detection(
  rule: Rule,
  machine: Machine,
  user: string | null,
  at: number,
  { srcIp = null }: { srcIp?: string | null } = {},
): NoiseRecord {
  return {
    id: "",
    rule_id: rule.ruleId,
    rule_title: rule.title,
    rule_author: rule.author,
    level: rule.level,
    tags: rule.tags,
    host: machine.name,
    user: user === null ? "NT AUTHORITY\\SYSTEM" : `${domain}\\${user}`,
    src_ip: srcIp,
    timestamp: new Date(Math.floor(at)).toISOString(),
    entity: "Acme",
    raw: { Computer: machine.name, ...(user === null ? {} : { User: user }) },
  };
}

function weighted<T>(dice: Dice, list: readonly T[], weights: readonly number[]): T {
  let left = dice.next() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [at, item] of list.entries()) {
    left -= weights[at] ?? 0;
    if (left <= 0) return item;
  }
  return dice.pick(list);
}
