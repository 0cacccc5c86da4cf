/** Detections whose texts break patterns: quotes, backslashes, brackets, right to left, emoji, empty, long. Each has a rule id of its own. */

export interface Ingested {
  rule_id: string;
  rule_title: string;
  rule_author: string;
  level: string;
  tags: string[];
  entity: string;
  user: string | null;
  host: string | null;
  src_ip: string | null;
}

const words: Readonly<Record<string, string>> = {
  quote: 'Say "hi"',
  "quote-last": 'ends with "',
  backslash: "CORP\\jsmith",
  "backslash-last": "ends with \\",
  "two-backslashes": "C:\\\\share\\\\",
  "backslash-quote": 'a\\"b\\\\"c',
  bracket: "a]b [c] d",
  "bracket-last": "ends with ]",
  "looks-like-body": 'x"] {"a":1}',
  "looks-like-element": '"][rule@32473 id="forged" title="forged"',
  // The quote that ends the value is then taken for the one that begins another.
  "ends-like-element": "x [sigma@32473 hourly_delta=",
  "ends-like-rule": "x] [rule@32473 ip=",
  "ends-like-meta": '"][meta sequenceId=',
  "looks-like-param": 'x" level="critical" user="forged',
  equals: "a=b c= =d",
  comma: "a,b,,c",
  pipes: "a|b^c~d`e",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what a log may hold
  percent: "%{GREEDYDATA} %s %d $(id) ${jndi:ldap://x} $1 \\1",
  markup: "<b>bold</b> &amp; <!-- -->",
  rtl: "שלום \u202egpj.exe\u202c مرحبا",
  emoji: "😀 👩‍💻 🇩🇪",
  combining: "e\u0301\u0301 \u200bzero\u200bwidth",
  "one-space": " inner  spaces ",
  digits: "0007",
  "only-punctuation": '\\"]\\"]',
};

/** What is sent in; with a `raw` that has the same text. */
export function hostileDetections(): (Ingested & { timestamp: string; raw: object })[] {
  const timestamp = "2026-03-01T10:00:00Z";
  const base = {
    rule_author: "Somebody",
    level: "medium",
    tags: ["attack.t1059"],
    entity: "Primary Site",
    user: "u",
    host: "h",
    src_ip: null,
    timestamp,
  };
  const everywhere = Object.entries(words).map(([name, text]) => ({
    ...base,
    rule_id: `everywhere-${name}`,
    rule_title: text,
    rule_author: text,
    // Of each an incident of that actor is made, in that entity.
    level: "critical",
    tags: ["attack.t1003.001", "attack.credential_access"],
    entity: text,
    user: text,
    host: text,
    raw: { CommandLine: text },
  }));
  return [
    ...everywhere,
    { ...base, rule_id: "empty", rule_title: "t", rule_author: "", tags: [], user: null, host: null, raw: {} },
    { ...base, rule_id: "address", rule_title: "t", user: null, host: null, src_ip: "2001:db8::1", raw: { a: "]" } },
    // Longer than a message may be, and nothing but what is escaped.
    { ...base, rule_id: "long", rule_title: "long", raw: { CommandLine: "x".repeat(10_000) } },
    { ...base, rule_id: "backslashes", rule_title: "\\".repeat(200), raw: { CommandLine: "\\".repeat(3000) } },
    // An incident that rises when the last one comes, while somebody works on it.
    ...["first", "second", "third", "last"].map((name) => ({
      ...base,
      rule_id: `rises-${name}`,
      rule_title: `Rises ${name}`,
      level: "high",
      user: "riser",
      host: "ws-riser",
      ...(name === "last" ? { tags: ["attack.t1003", "attack.credential_access"] } : {}),
      raw: { name },
    })),
    {
      ...base,
      rule_id: "unicode-log",
      rule_title: "t",
      raw: { text: `${words.rtl} ${words.emoji}`, n: 12345678901234567890n.toString() },
    },
  ];
}
