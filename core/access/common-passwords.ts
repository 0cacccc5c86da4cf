/** Passwords that attackers try first: those on published lists and common variations of them (OWASP ASVS 6.2.4). */
import data from "./common-passwords.json" with { type: "json" };

/** The one that a well-known comic strip recommends, too. */
const listed: ReadonlySet<string> = new Set([...data.passwords.join(" ").split(" "), "correcthorsebatterystaple"]);
const words: ReadonlySet<string> = new Set([
  ...data.words.join(" ").split(" "),
  ...["rhythmx", "rhythm", "edge", "sigma", "siem", "soar", "appliance", "servicenow", "jira", "security", "analyst"],
  ...["default", "changeme", "letmein", "initial", "temporary", "company", "administrator", "network", "server"],
  ...["january", "february", "march", "april", "june", "july", "august", "september", "october", "november"],
  // "Password", "hello" and the seasons elsewhere.
  ...[
    "passwort",
    "kennwort",
    "motdepasse",
    "contrasena",
    "clave",
    "senha",
    "wachtwoord",
    "losenord",
    "salasana",
    "haslo",
  ],
  ...[
    "parola",
    "jelszo",
    "heslo",
    "sifre",
    "пароль",
    "hallo",
    "bonjour",
    "hola",
    "sommer",
    "herbst",
    "fruhling",
    "soleil",
  ],
  ...["december", "spring", "summer", "autumn", "winter", "monday", "tuesday", "wednesday", "thursday", "friday"],
]);
/** Digits and signs that commonly replace a letter. */
const stands: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "@": "a",
  $: "s",
  "!": "i",
};
const walks = [
  "abcdefghijklmnopqrstuvwxyz",
  "01234567890",
  "qwertyuiop[]",
  "qwertzuiopü",
  "azertyuiop",
  "asdfghjkl;",
  "zxcvbnm,./",
  "yxcvbnm",
  "!@#$%^&*()",
  "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.",
  "йцукенгшщзхъ",
  "фывапролджэ",
].map(plain);

/** Whether a password is on a published list, or is one or two common words with digits and signs around them, a walk over keys, a repetition. */
export function isCommonPassword(password: string): boolean {
  const text = plain(password);
  const letters = unmasked(text);
  // Digits and signs at either end are padding and replace no letter.
  const middle = unmasked(text.replace(/^[^\p{L}@$]+|[^\p{L}]+$/gu, ""));
  if (listed.has(text) || listed.has(letters) || listed.has(letters.replace(/\P{L}/gu, ""))) return true;
  return isRepetition(text) || isWalk(text) || [text, letters, middle].some(isFewWords);
}

/** In small letters, without accents, wide forms and characters that nobody sees. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[\p{M}\p{Cf}]/gu, "");
}

function unmasked(text: string): string {
  return [...text].map((character) => stands[character] ?? character).join("");
}

/** A unit of up to half of the length, over and over. */
function isRepetition(text: string): boolean {
  for (let unit = 1; unit * 2 <= text.length; unit++)
    if (
      text
        .slice(0, unit)
        .repeat(Math.ceil(text.length / unit))
        .startsWith(text)
    )
      return true;
  return false;
}

/** A few runs of neighbours on the keyboard, in the alphabet or among the digits. */
function isWalk(text: string): boolean {
  let pieces = 1;
  for (let at = 1; at < text.length; at++) if (!areNeighbours(text.slice(at - 1, at + 1))) pieces++;
  return pieces <= text.length / 4;
}

function areNeighbours(pair: string): boolean {
  const [a = "", b = ""] = pair;
  return a === b || walks.some((walk) => walk.includes(pair) || walk.includes(b + a));
}

/** At most two words, with anything but letters around and between them. */
function isFewWords(text: string): boolean {
  const parts = text.split(/[^\p{L}]+/u).filter((part) => part.length > 1);
  if (parts.length > 2) return false;
  const joined = parts.join("");
  if (joined.length < 4) return true;
  if (words.has(joined)) return true;
  for (let at = 3; at <= joined.length - 3; at++)
    if (words.has(joined.slice(0, at)) && words.has(joined.slice(at))) return true;
  return false;
}
