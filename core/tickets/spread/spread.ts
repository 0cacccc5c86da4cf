/** What a ticket says of others: the outbreak that made its incident, and the campaign that the incident is part of (decision 24). */
import type { CampaignMember, CampaignMembers } from "../../campaigns/members.ts";
import { spanWords } from "../../campaigns/span.ts";
import { linkSentence } from "../../campaigns/why.ts";
import type { OutbreakBody } from "../../incident-event.ts";
import { oneLine, shortened } from "../../text/shorten.ts";
import type { CaseFacts } from "../case/case-facts.ts";
import { some } from "../case/observed.ts";
import type { Block, Section } from "../draft.ts";
import { paragraph, section } from "../sections.ts";

const [outbreakTitle, campaignTitle] = ["Outbreak", "Campaign"];
/** Titles of both sections, which yield to others where a system takes less text. */
export const spreadTitles: readonly string[] = [campaignTitle, outbreakTitle];

/** Names of one ticket; the others are counted, and the incident has them. */
const mostHosts = 200;
const mostMembers = 20;
const mostLinks = 10;
const namedInText = 3;
const longestName = 64;

/** Neither for an incident that stands alone. `mask`: for texts that are shortened here. */
export function spreadSections({ body, campaign }: CaseFacts, mask: (text: string) => string): Section[] {
  return [
    ...(body.outbreak === undefined ? [] : [section(outbreakTitle, ...outbreakBlocks(body.outbreak, mask))]),
    ...(campaign == null ? [] : [section(campaignTitle, ...campaignBlocks(campaign, mask))]),
  ];
}

/** `CMP-7601d999 with 2 other incidents: svc-backup (critical, SEC-12) and 1 more`; "" without a campaign. `most`: others that are named. */
export function campaignFact({ campaign }: CaseFacts, most: number): string {
  if (campaign == null) return "";
  const { campaignId, members, membersTotal } = campaign;
  if (membersTotal === 0) return campaignId;
  const head = `${campaignId} with ${others(membersTotal)}`;
  if (most === 0) return head;
  return `${head}: ${named(members, membersTotal, most, ({ actor, level, ticketId }) =>
    [nameOf(actor), `(${[level, ...(ticketId === null ? [] : [nameOf(ticketId)])].join(", ")})`].join(" "),
  )}`;
}

function outbreakBlocks(
  { rule, hosts, hosts_total: total, first_seen: first, last_seen: last }: OutbreakBody,
  mask: (text: string) => string,
): Block[] {
  const span = spanWords(Date.parse(last) - Date.parse(first));
  return [
    paragraph(
      `The same rule, "${shortened(mask(oneLine(rule)), 200)}", fired on ${total} hosts within ${span}, from ${first} to ${last}.`,
    ),
    paragraph(`Hosts, in this order: ${counted(hosts.slice(0, mostHosts).map(nameOf), total)}.`),
  ];
}

function campaignBlocks(
  { campaignId, members, membersTotal, links, linksTotal }: CampaignMembers,
  mask: (text: string) => string,
): Block[] {
  if (membersTotal === 0) return [paragraph(`Part of campaign ${campaignId}. Its other incidents are no longer kept.`)];
  const list = named(members, membersTotal, namedInText, ({ incidentId, actor, level, ticketId }) =>
    [nameOf(actor), `(${[level, incidentId, ...(ticketId === null ? [] : [nameOf(ticketId)])].join(", ")})`].join(" "),
  );
  const reasons = links.slice(0, mostLinks).map(({ link, of }) => linkSentence({ ...link, what: mask(link.what) }, of));
  return [
    paragraph(`Part of campaign ${campaignId} with ${others(membersTotal)}: ${list}.`),
    {
      kind: "table",
      noun: "incidents",
      head: ["Incident", "Actor", "Level", "Status", "Ticket", "What happened"],
      rows: members
        .slice(0, mostMembers)
        .map((one) => [
          ...[one.incidentId, nameOf(one.actor), `${one.level} (${one.score})`, one.status],
          ...[one.ticketId === null ? "none" : nameOf(one.ticketId), oneLine(one.headline ?? "not told")],
        ]),
      beyond: Math.max(0, membersTotal - mostMembers),
    },
    ...(reasons.length === 0
      ? []
      : ([
          paragraph("Why they are one:"),
          { kind: "list", items: reasons, beyond: Math.max(0, linksTotal - reasons.length) },
        ] as Block[])),
  ];
}

function others(count: number): string {
  return count === 1 ? "one other incident" : `${count.toLocaleString("en")} other incidents`;
}

function named(
  members: readonly CampaignMember[],
  total: number,
  most: number,
  words: (member: CampaignMember) => string,
): string {
  return counted(members.slice(0, most).map(words), total);
}

/** `a, b and 3 more`, of so many in all. */
function counted(names: readonly string[], total: number): string {
  return total <= names.length ? some(names, names.length) : `${names.join(", ")} and ${total - names.length} more`;
}

function nameOf(name: string): string {
  return shortened(oneLine(name), longestName) || "an unnamed one";
}
