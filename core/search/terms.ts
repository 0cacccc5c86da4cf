/**
 * What of an alert or an incident can be found: words, for text that people type, and facts, for filters that mean exactly one thing. The
 * index keeps no copy of them: what is removed from it is said again, so the same row must give the same terms for as long as it is there.
 * A change of what this file makes needs another `termsVersion`, which has the index made anew.
 */
import { hash } from "node:crypto";
import type { Level } from "../detection.ts";

export const termsVersion = 1;

/** Words and facts, each separated by blanks. */
export interface Terms {
  words: string;
  facts: string;
}

/** What never changes about an alert. Empty texts stand for what it does not have. */
export interface SearchedAlert {
  hash: string;
  entity: string;
  ruleId: string;
  ruleTitle: string;
  level: Level;
  user: string;
  host: string;
  ip: string;
}

/** Signs that stay within a word, as in `ws-101.corp.example`, `CORP\jsmith`, `C:\Temp`; the index knows the same. */
const within = /[^\p{L}\p{N}\-_.$@:/\\]+/gu;
/** The same for texts of ASCII, which most are: no table of Unicode is asked. */
const withinAscii = /[^A-Za-z0-9\-_.$@:/\\]+/;
const ascii = /^[\0-\x7f]*$/;
const apart = /[-_.$@:/\\]+/;
const edges = /^[-_.@:/\\]+|[-_.@:/\\]+$/g;
/** Scripts that put no blanks between words: each sign is one. */
const signs = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu;

const longestWord = 64;
const mostWords = 96;
const longestText = 4_096;

/** The words of a text: each piece between blanks, and its parts where it has several. Lower case, without accents. */
export function wordsOf(text: string): string[] {
  const found: string[] = [];
  for (const piece of piecesOf(text)) {
    found.push(piece);
    const parts = partsOf(piece);
    if (parts.length > 1) found.push(...parts);
  }
  return found;
}

/** The parts of a piece, such as the labels of a host's name. */
export function partsOf(piece: string): string[] {
  return piece.split(apart).filter((part) => part !== "");
}

/** What stands between blanks, without the signs that no word has. */
export function piecesOf(text: string): string[] {
  const beginning = text.slice(0, longestText);
  const pieces = ascii.test(beginning)
    ? beginning.toLowerCase().split(withinAscii)
    : beginning
        .normalize("NFKD")
        .replace(/\p{M}+/gu, "")
        .toLowerCase()
        .replace(signs, " $& ")
        .split(within);
  return pieces
    .map((piece) => piece.replace(edges, "").slice(0, longestWord).toWellFormed())
    .filter((piece) => piece !== "");
}

/** The terms of an alert. */
export function alertTerms({ hash: id, entity, ruleId, ruleTitle, level, user, host, ip }: SearchedAlert): Terms {
  const words = [...[ruleTitle, host, user].flatMap(wordsOf), ...[ip, ruleId, id].flatMap(piecesOf)];
  const facts = [
    factOf("entity", entity),
    factOf("level", level),
    ...[ruleId, ruleTitle].flatMap((rule) => (rule === "" ? [] : [factOf("rule", rule)])),
    ...(user === "" ? [] : [factOf("user", user)]),
    ...hostFacts(host),
  ];
  return { words: joined(words), facts: joined(facts) };
}

/** The terms of an incident; the first texts count most where there are too many. */
export function incidentTerms({ entity, texts }: { entity: string; texts: readonly string[] }): Terms {
  return { words: joined(texts.flatMap(wordsOf), mostWords * 8), facts: factOf("entity", entity) };
}

/** A host is found by its name and by the first label of it. */
function hostFacts(host: string): string[] {
  if (host === "") return [];
  const name = plainHost(host);
  const label = name.slice(0, name.indexOf("."));
  const hasLabel = name.includes(".") && !/^[\d.]+$/.test(name) && label !== "";
  return [factOf("host", name), ...(hasLabel ? [factOf("host", label)] : [])];
}

const letters = { entity: "e", level: "l", rule: "r", user: "u", host: "h" } as const;

/** One exact thing about a row as a word that no text gives. */
export function factOf(kind: keyof typeof letters, value: string): string {
  const plain = value.trim().toLowerCase();
  const name = kind === "user" ? plainUser(plain) : kind === "host" ? plainHost(plain) : plain;
  return kind === "level" ? `l${name}` : `${letters[kind]}${hash("sha256", name, "hex").slice(0, 14)}`;
}

/** The account without its domain. ARNs hold both signs in names. */
function plainUser(user: string): string {
  if (user.startsWith("arn:")) return user;
  const account = user.slice(user.lastIndexOf("\\") + 1);
  const at = account.indexOf("@");
  return (at > 0 ? account.slice(0, at) : account) || user;
}

function plainHost(host: string): string {
  const name = host.trim().toLowerCase();
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

function joined(terms: readonly string[], most = mostWords): string {
  const different = new Set<string>();
  for (const term of terms) {
    if (different.size === most) break;
    different.add(term);
  }
  return [...different].join(" ");
}
