/** Prints the events of the demo. */
import type { IncidentBody } from "../../core/incident-event.ts";
import { visible } from "../../core/text/visible.ts";
import type { Account } from "./account.ts";
import type { Group } from "./feed.ts";
import type { SyslogMessage } from "./message.ts";
import { type Screen, type Style, shorten, wrap } from "./screen.ts";
import type { DemoTicket } from "./ticket-system.ts";

const levelStyles: Readonly<Record<string, Style[]>> = {
  critical: ["bold", "red"],
  high: ["red"],
  medium: ["yellow"],
  low: ["blue"],
};
/** Width of the second column: a level or a MSGID. */
const labelWidth = 8;
/** The column at which the text after time, direction and label begins. */
const textColumn = 2 + 5 + 2 + 3 + 2 + labelWidth + 2;
const detailIndent = " ".repeat(16);

/** `08:51`, in UTC as in the messages. */
export function clockTime(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(11, 16);
}

export class Story {
  readonly #screen: Screen;
  readonly #clock: () => number;
  /** Alerts already shown, by their printed text. */
  readonly #known = new Set<string>();
  #steps = 0;
  /** Kinds of messages of which one was printed in full. */
  readonly #shownWhole = new Set<string>();

  /** `clock`: the demo's time, epoch milliseconds. */
  constructor(screen: Screen, clock: () => number) {
    this.#screen = screen;
    this.#clock = clock;
  }

  title(text: string, ...remarks: string[]): void {
    this.#screen.line(this.#screen.paint(text, "bold"));
    for (const remark of remarks) this.#screen.line(remark);
  }

  step(text: string): void {
    this.#steps++;
    this.#screen.line();
    this.#screen.line(this.#screen.paint(`${this.#steps}. ${text}`, "bold"));
  }

  /** A paragraph, wrapped to the screen's width. */
  say(text: string): void {
    for (const line of wrap(text, this.#screen.width - 3)) this.#screen.line(`   ${line}`);
  }

  /** `name   value`; the value is wrapped at spaces only, so that addresses and paths can be copied. */
  fact(name: string, value: string): void {
    for (const [index, line] of wrap(value, this.#screen.width - 17).entries())
      this.#screen.line(`   ${(index === 0 ? name : "").padEnd(14)}${line}`);
  }

  /** Not wrapped, so that it can be copied. */
  verbatim(text: string): void {
    for (const line of text.split("\n")) this.#screen.line(`   ${this.#screen.paint(line, "cyan")}`);
  }

  /** A JSON object, wrapped to the screen's width between its fields. */
  json(value: object): void {
    const text = JSON.stringify(value).replace(/,(?=["{])/g, ", ");
    for (const line of wrap(text, this.#screen.width - 3)) this.verbatim(line);
  }

  /** A warning of the appliance. */
  warning(text: string): void {
    this.#screen.line(`   ${this.#screen.paint(visible(text), "yellow")}`);
  }

  /** A group that is sent: one line for each of its alerts. */
  goesIn({ detections }: Group): void {
    const byAlert = Map.groupBy(detections, ({ title, level, who }) => JSON.stringify([title, level, who]));
    for (const [alert, equal] of byAlert) {
      const [detection] = equal;
      if (detection === undefined) continue;
      const known = this.#known.has(alert);
      this.#known.add(alert);
      const { title, level, who } = detection;
      const label = this.#label(level === "informational" ? "info" : level, levelStyles[level] ?? ["dim"]);
      const often = known ? ` (${equal.length} more)` : equal.length > 1 ? ` (${equal.length})` : "";
      const text = this.#titleAndActor(visible(title), often, visible(who));
      this.#row("in ", label, known ? this.#screen.paint(text, "dim") : text);
    }
  }

  /** A message as received. */
  cameOut(text: string, message: SyslogMessage | null): void {
    const { width } = this.#screen;
    const bytes = `… (${Buffer.byteLength(text).toLocaleString("en")} bytes)`;
    if (message === null) {
      this.#row(
        "out",
        this.#label("?", ["red"]),
        `${shorten(visible(text), width - textColumn - bytes.length - 1)} ${bytes}`,
      );
      return;
    }
    const params = new Map([...message.params].map(([name, value]) => [name, visible(value)]));
    if (/^(incident|case)_/.test(message.msgid)) {
      this.#finding(message, params, bytes);
      return;
    }
    const pair = (name: string) => `${name}="${params.get(name) ?? ""}"`;
    const hourly = message.msgid === "HOURLY";
    const burst = params.get("burst") === "true";
    const label = this.#label(visible(message.msgid), hourly ? ["bold", "magenta"] : ["bold", "cyan"]);
    if (hourly) {
      const who = [params.get("user")?.replace(/^.*\\/, ""), params.get("host")].filter(Boolean).join("@");
      this.#row("out", label, this.#titleAndActor(params.get("title") ?? "", "", who));
      const flag = this.#screen.paint(pair("burst"), ...(burst ? (["bold", "red"] as const) : []));
      this.#screen.line(`${detailIndent}${pair("hourly_delta")} ${flag} ${pair("count")} ${bytes}`);
    } else {
      const numbers = width < 90 ? pair("count") : `${pair("count")} ${pair("risk")}`;
      const room = width - textColumn - numbers.length - bytes.length - 'title="" '.length - 1;
      const title = shorten(params.get("title") ?? "", room);
      this.#row("out", label, `${numbers} title="${title}" ${bytes}`);
    }
    if (!hourly || burst) this.#wholeOnce(message, bytes);
  }

  /** A ticket as the ticket system received it. */
  ticket({ key, summary, characters }: DemoTicket): void {
    const size = `(${characters.toLocaleString("en")} characters)`;
    const text = shorten(`${key}: ${visible(summary)}`, this.#screen.width - textColumn - size.length - 1);
    this.#row("out", this.#label("TICKET", ["bold", "green"]), `${text} ${size}`);
  }

  /** An incident as in its newest message: actor, risk, cases and tactics. */
  incident({ group_key: actor, entity_name, risk, mitre, related_cases: cases }: IncidentBody): void {
    const label = this.#label(risk.level, levelStyles[risk.level] ?? ["dim"]);
    const who = `${visible(actor)} (${visible(entity_name)})`;
    this.#screen.line(
      `   ${String(Math.round(risk.score)).padStart(3)} ${label} ${shorten(who, this.#screen.width - 16)}`,
    );
    const alerts = `${risk.sigma_alert_count} detections of ${risk.sigma_unique_rules} rules`;
    const named = cases.map(({ case_type, severity }) => `${case_type} (${severity})`).join(", ");
    const lines = [alerts, mitre.tactics.join(" → "), named === "" ? "" : `cases: ${named}`].filter(
      (text) => text !== "",
    );
    for (const text of lines)
      for (const line of wrap(visible(text), this.#screen.width - 16)) this.#screen.line(`${detailIndent}${line}`);
  }

  summary(account: Account): void {
    const counted = account.countedByFirst + account.countedByHourly;
    const row = (name: string, value: number, remark: string) =>
      this.#screen.line(`   ${name.padEnd(14)}${String(value).padStart(5)}   ${remark}`);
    row("detections in", account.accepted, `accepted and on the disk; ${account.rejected} rejected`);
    row("alerts", account.alerts, "equal detections are one alert with a count");
    row("FIRST", account.first, "one for each alert, at once");
    row("HOURLY", account.hourly, "one an hour for each alert with something new");
    row("bursts", account.bursts, "HOURLY messages with far more than usual");
    row("threat cases", account.findings.cases.length, "alerts of an actor that fit a pattern");
    row("tickets", account.tickets, "one for each attack from severity HIGH on");
    row("incidents", account.findings.incidents.length, "actors whose risk passed the threshold");
    const sum = `${account.countedByFirst} told by FIRST + ${account.countedByHourly} by HOURLY = ${counted}`;
    const balance =
      counted === account.accepted
        ? this.#screen.paint("nothing lost", "bold", "green")
        : `${account.accepted} went in`;
    this.#screen.line(`   ${sum}: ${balance}`);
  }

  /** A message of the incident feed. */
  #finding(message: SyslogMessage, params: ReadonlyMap<string, string>, bytes: string): void {
    const [kind = "", event = ""] = message.msgid.split("_");
    const value = (name: string) => params.get(name) ?? "";
    const isIncident = kind === "incident";
    const level = value(isIncident ? "risk_level" : "severity").toLowerCase();
    const worked = value("status") === "OPEN" ? [] : [value("status"), value("assigned_analyst")];
    const what = isIncident
      ? [value("risk_level"), `risk ${value("risk_score")}`, ...worked].filter((one) => one !== "").join(", ")
      : `${value("type")}, ${level}`;
    const who = isIncident ? value("actor") : value("primary_user");
    const label = this.#label(kind.toUpperCase(), ["bold", ...(levelStyles[level] ?? [])]);
    const text = `${event}: ${what}${who === "" ? "" : ` · ${who}`}`;
    const size = bytes.replace(/^… /, "");
    const shown = shorten(text, this.#screen.width - textColumn - size.length - 1);
    this.#row("out", label, `${event === "created" ? shown : this.#screen.paint(shown, "dim")} ${size}`);
    if (event === "created") this.#wholeOnce(message, bytes);
  }

  /** The first message of each kind as sent, with its log shortened. */
  #wholeOnce({ msgid, head, body }: SyslogMessage, bytes: string): void {
    if (this.#shownWhole.has(msgid)) return;
    this.#shownWhole.add(msgid);
    const room = this.#screen.width - detailIndent.length;
    const lines = [...wrap(visible(head), room), `${visible(body).slice(0, room - bytes.length)}${bytes}`];
    this.#screen.line(`${detailIndent}As it stands on the wire, its end shortened:`);
    for (const line of lines) this.#screen.line(`${detailIndent}${this.#screen.paint(line, "dim")}`);
  }

  #titleAndActor(title: string, often: string, who: string): string {
    const actor = shorten(who, 34);
    const room = this.#screen.width - textColumn - often.length - (actor === "" ? 0 : actor.length + 3);
    return `${shorten(title, room)}${often}${actor === "" ? "" : ` · ${actor}`}`;
  }

  #label(text: string, styles: Style[]): string {
    return this.#screen.paint(shorten(text, labelWidth).padEnd(labelWidth), ...styles);
  }

  #row(direction: string, label: string, text: string): void {
    const time = this.#screen.paint(clockTime(this.#clock()), "dim");
    this.#screen.line(`  ${time}  ${direction}  ${label}  ${text}`);
  }
}
