/** What every ticket is built of, whichever system it is for. */

import type { OutbreakBody } from "../incident-event.ts";
import type { LinearPattern } from "../text/linear-pattern.ts";
import { oneLine, withoutSteering } from "../text/shorten.ts";
import type { CaseFacts } from "./case/case-facts.ts";
import type { Observed } from "./case/observed.ts";
import { observe } from "./case/observed.ts";
import type { Block, Section } from "./draft.ts";
import { byImportance, type Headline, headlineOf } from "./headline/headline.ts";
import { masked } from "./masking/masking.ts";

export function section(title: string, ...blocks: Block[]): Section {
  return { title, blocks };
}

export function paragraph(text: string): Block {
  return { kind: "text", text };
}

/** Where people open an incident. */
export function incidentUrl(baseUrl: string, incidentId: string): string {
  return `${baseUrl.replace(/\/$/, "")}/incidents/${incidentId}`;
}

export function linkTo(incidentId: string, url: string): Block {
  return { kind: "link", text: `Open ${incidentId} in RhythmX Edge`, url };
}

/** `3 d 4 h`, `2 h 5 min`, `40 s`. */
export function durationOf(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
  ];
  const shown = parts.filter(([count]) => count > 0).slice(0, 2);
  return shown.length === 0 ? `${seconds} s` : shown.map(([count, unit]) => `${count} ${unit}`).join(" ");
}

/** The facts with the most important rule first, what their events say, and the heading they give. */
export interface Composition {
  facts: CaseFacts;
  observed: Observed;
  headline: Headline;
}

/** Texts of events are masked before anything of them is shortened: of half a secret it is no longer seen that it is one. */
export function compositionOf(given: CaseFacts, maskPatterns: readonly LinearPattern[] | undefined): Composition {
  const { outbreak } = given.body;
  const floorRule = outbreak?.rule ?? given.risk.floor?.rule ?? null;
  // The evidence of one actor has the rule on that actor's hosts alone.
  const rules = byImportance({ rules: given.rules, floorRule }).map(({ rule }) =>
    outbreak !== undefined && rule.title === outbreak.rule
      ? { ...rule, hosts: [...new Set([...outbreak.hosts, ...rule.hosts])] }
      : rule,
  );
  const facts = { ...given, rules };
  const observed = observe(facts);
  for (const rule of observed.rules) if (rule.event !== null) rule.event = maskedEvent(rule.event, maskPatterns);
  const top = [...facts.alarms].sort((a, b) => b.rbp - a.rbp || b.at - a.at)[0];
  const headline = headlineOf({
    actor: facts.body.group_key,
    actorType: facts.body.actor_type,
    rules,
    floorRule,
    alarms: { count: facts.body.risk.alarm_count, maxRbp: facts.body.risk.max_rbp },
    topAlarm: top?.name,
    outbreak:
      outbreak === undefined ? null : { rule: outbreak.rule, hosts: outbreak.hosts_total, spanMs: spanMs(outbreak) },
  });
  return { facts, observed, headline };
}

function spanMs({ first_seen: first, last_seen: last }: OutbreakBody): number {
  return Date.parse(last) - Date.parse(first);
}

/** What leaves for a ticket: secrets masked, nothing that hides or turns text. */
export function textOf(maskPatterns: readonly LinearPattern[] | undefined): (text: string) => string {
  return (text) => withoutSteering(masked(text, maskPatterns));
}

function maskedEvent<Event extends object>(event: Event, maskPatterns: readonly LinearPattern[] | undefined): Event {
  const mask = (value: unknown): unknown => {
    if (typeof value === "string") return masked(value, maskPatterns);
    return Array.isArray(value) ? value.map(mask) : value;
  };
  return Object.fromEntries(Object.entries(event).map(([name, value]) => [name, mask(value)])) as Event;
}

/** A name on one line, with the role of the host or account; "" = not known. */
export function withRole(name: string, role: string): string {
  return role === "" ? oneLine(name) : `${oneLine(name)} (${role})`;
}
