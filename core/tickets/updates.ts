/** The content of a ticket update, as structure: each system renders it in its own way. */
import type { FieldChange } from "../incident-event.ts";
import type { LinearPattern } from "../text/linear-pattern.ts";
import type { Block } from "./draft.ts";
import { masked } from "./masking/masking.ts";
import type { ToldIncident, ToldOutbreak, UpdateContent } from "./ticket.ts";

const longestText = 20_000;

/** The note that a change of notes is; null for other changes, and for notes that were emptied. */
export function noteFrom({ field, old, new: now }: FieldChange, who: string, at: number): UpdateContent | null {
  if (typeof now !== "string" || now.trim() === "") return null;
  const before = typeof old === "string" ? old : "";
  if (field === "resolution_notes") return { kind: "note", who, at, title: "Resolution", text: now };
  if (field !== "investigation_notes") return null;
  // Mostly something was added.
  const isLonger = before !== "" && now.startsWith(`${before}\n`);
  const title = before === "" || isLonger ? "Note" : "Notes, rewritten";
  return { kind: "note", who, at, title, text: isLonger ? now.slice(before.length + 1) : now };
}

/** The blocks of a comment about `incidentId`. `urlOf`: where an incident is opened. */
export function commentBlocks(
  content: UpdateContent,
  { incidentId, urlOf }: { incidentId: string; urlOf: (incidentId: string) => string },
  maskPatterns: readonly LinearPattern[],
): Block[] {
  const at = `${new Date(content.at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const link: Block = { kind: "link", text: "Open the incident in RhythmX Edge", url: urlOf(incidentId) };
  const news = ({ rules = [], incidents = [], outbreak }: News) => [
    ...outbreakBlocks(outbreak, maskPatterns),
    ...rulesBlocks(rules, maskPatterns),
    ...incidents.flatMap((one) => incidentBlocks(one, urlOf, maskPatterns)),
  ];
  switch (content.kind) {
    case "level": {
      const { level, from, score, campaign, highest, incidents = [] } = content;
      const direction = level === from ? "is" : `has gone from ${from} to`;
      const whose = highest === undefined ? "" : ` of the campaign ${campaign}`;
      const text = `Risk${whose} ${direction} ${level} (score ${score} of 100), ${at}.`;
      const why =
        highest === undefined
          ? []
          : [paragraph(masked(`That is the level of ${highest.incidentId}: ${highest.headline}`, maskPatterns))];
      const others = incidents.length === 0 ? [] : [paragraph(othersLine(incidents.length, campaign ?? ""))];
      return [paragraph(text), ...why, ...others, ...news(content), link];
    }
    case "rules":
      return [
        ...outbreakBlocks(content.outbreak, maskPatterns),
        ...(content.rules.length === 0
          ? []
          : [paragraph(`Rules of level high or more that are new to this incident, ${at}.`)]),
        ...rulesBlocks(content.rules, maskPatterns),
        link,
      ];
    case "campaign":
      return [paragraph(`${othersLine(content.incidents.length, content.campaign)} ${at}.`), ...news(content), link];
    default: {
      const text = masked(content.text, maskPatterns);
      const short = text.length > longestText ? `${text.slice(0, longestText).toWellFormed()}…` : text;
      return [paragraph(`${content.title} by ${content.who}, ${at}`), paragraph(short)];
    }
  }
}

type News = Pick<UpdateContent & { kind: "level" }, "rules" | "incidents" | "outbreak">;

function paragraph(text: string): Block {
  return { kind: "text", text };
}

function othersLine(count: number, campaign: string): string {
  const what = count === 1 ? "One more incident belongs" : `${count} more incidents belong`;
  return `${what} to the same attack (campaign ${campaign}) and ${count === 1 ? "has" : "have"} no ticket of ${count === 1 ? "its" : "their"} own: this one stands for ${count === 1 ? "it" : "them"}.`;
}

function incidentBlocks(
  { incidentId, level, headline, actor, hosts, moreHosts }: ToldIncident,
  urlOf: (incidentId: string) => string,
  maskPatterns: readonly LinearPattern[],
): Block[] {
  const places =
    hosts.length === 0 ? "" : `, hosts ${hosts.join(", ")}${moreHosts > 0 ? ` and ${moreHosts} more` : ""}`;
  const what = headline === "" ? "" : `: ${headline}`;
  return [
    paragraph(masked(`${incidentId} (${level})${what}. Actor ${actor}${places}.`, maskPatterns)),
    { kind: "link", text: `Open ${incidentId} in RhythmX Edge`, url: urlOf(incidentId) },
  ];
}

function outbreakBlocks(outbreak: ToldOutbreak | undefined, maskPatterns: readonly LinearPattern[]): Block[] {
  if (outbreak === undefined) return [];
  const rule = masked(outbreak.rule, maskPatterns);
  const text = `Outbreak: "${rule.length > longestRule ? `${rule.slice(0, longestRule).toWellFormed()}…` : rule}" has fired on ${outbreak.hosts} hosts within minutes.`;
  return [{ kind: "text", text }];
}

const longestRule = 200;
/** More are counted only. */
const mostRules = 20;

function rulesBlocks(rules: readonly string[], maskPatterns: readonly LinearPattern[]): Block[] {
  if (rules.length === 0) return [];
  const more = rules.length - mostRules;
  const items = rules.slice(0, mostRules).map((title) => `New: ${masked(title, maskPatterns)}`);
  return [{ kind: "list", items: more > 0 ? [...items, `and ${more} more`] : items }];
}

/** A ticket's comment as a line of the incident's investigation notes. */
export function noteOfComment(
  system: string,
  key: string,
  comment: { author: string; at: number; text: string },
  longest: number,
): string {
  const at = `${new Date(comment.at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const author = comment.author.replace(/\p{Cc}+/gu, " ").slice(0, 100);
  const head = `[${system} ${key}, ${author}, ${at}]`;
  const text = comment.text.replace(/\r\n?/g, "\n").trim();
  const room = longest - head.length - 1;
  if (room < 40) return `${head} see the ticket`.slice(0, Math.max(0, longest));
  return `${head} ${text.length > room ? `${text.slice(0, room - 20).toWellFormed()}… (see the ticket)` : text}`;
}
