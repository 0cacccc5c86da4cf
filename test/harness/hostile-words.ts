/** What senders, ticket systems and colleagues may write into any field, to do harm or without meaning it. */

const markup = `"><img src=x onerror=alert(1)><script>alert(2)</script></title></textarea></iframe><svg onload=alert(3)>`;
const quotes = `' onclick=alert(4) x="\`\${7*7}{{7*7}}%0d%0a&lt;b&gt;&#60;`;
/** Turned around, bidirectional isolates that do not end, a thousand marks on one letter, halves of pairs. */
const turned = `\u202egpj.exe\u2066\u2067\u200f שלום مرحبا a${"\u0301".repeat(100)} \u0000\u0007\u001b[31m \ud800`;
const address = "javascript:alert(5)//";
/** No browser breaks it by itself. */
const long = "W".repeat(2_000);

/** By what they are about; each starts with its name, which searches find. */
export const hostileWords = {
  markup: `markup ${markup}${quotes}`,
  turned: `turned ${turned}`,
  address,
  long: `long${long}`,
  /** All at once. */
  everything: `${markup}${quotes}${turned}${address}${long}`,
} as const;

export type HostileKind = keyof typeof hostileWords;
