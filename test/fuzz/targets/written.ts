/** Untrusted text on its way out: tickets in each system's markup, what is masked in them, patterns that people write for it. */
import { hasWildcard, isOnlyWildcards, patternOf, wildcard } from "../../../core/text/wildcard.ts";
import { type Block, mapBlock } from "../../../core/tickets/draft.ts";
import { masked } from "../../../core/tickets/masking/masking.ts";
import { type AdfNode, adfComment, adfText } from "../../../integrations/jira/adf.ts";
import { wikiComment } from "../../../integrations/jira/wiki.ts";
import { plainComment } from "../../../integrations/plain-text.ts";
import { htmlBody } from "../../../integrations/proactive/html.ts";
import { note } from "../outcomes.ts";
import { holds, type Target, textOf } from "../target.ts";

const url = "https://edge.example/incidents/INC-1";

function blocksOf(text: string): Block[] {
  const [a = "", b = "", ...rest] = text.split("\u0001");
  return [
    { kind: "text", text },
    {
      kind: "facts",
      rows: [
        ["Name", a],
        ["Other", b],
      ],
    },
    { kind: "table", head: ["One", "Two"], rows: [[a, b], rest.slice(0, 2)], noun: "rules", beyond: rest.length },
    { kind: "list", items: [a, b], beyond: 3 },
    { kind: "link", text: "Open it", url },
  ];
}

const nodeTypes = [
  "paragraph",
  "text",
  "hardBreak",
  "table",
  "tableRow",
  "tableHeader",
  "tableCell",
  "bulletList",
  "listItem",
];

function assertNode(node: AdfNode): void {
  holds(nodeTypes.includes(node.type), `a node of type ${node.type}`);
  if (node.type === "text") {
    holds(typeof node.text === "string" && node.text !== "", "an empty text, which Jira refuses");
    holds(node.text.isWellFormed() && !/\p{Cc}/u.test(node.text), "a text that Jira refuses");
    for (const { type, attrs } of node.marks ?? [])
      holds(type === "link" && attrs?.href === url, "a mark that is none of ours");
  } else holds(node.text === undefined && node.marks === undefined, "text outside of a text");
  for (const one of node.content ?? []) assertNode(one);
}

const decoded = (text: string) => text.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
/** What every rendering may change: controls and line ends are blanks, half pairs U+FFFD. */
const plain = (text: string) =>
  text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim();

const tags =
  /<(?:\/?(?:p|table|tr|th|td|ol|li|h3|a)|br|table border="1" cellpadding="4" style="border-collapse:collapse;overflow-wrap:anywhere"|a href="https:\/\/edge\.example\/incidents\/INC-1")>/g;

function attemptMarkup(text: string): void {
  const blocks = blocksOf(text);
  const adf = adfComment(blocks);
  for (const node of adf.content ?? []) assertNode(node);
  holds(plain(adfText(adf)).includes(plain(text)), "a ticket of Jira Cloud says something else");

  const html = htmlBody({ sections: [{ title: text, blocks }] });
  const bare = html.replace(tags, "");
  holds(!/[<>"']/.test(bare), "text became markup of HTML");
  holds(!/&(?!#\d+;)/.test(bare), "text became an entity of HTML");
  holds(
    plain(decoded(bare)).includes(plain(text).slice(0, 50).trim().split(" ")[0] ?? ""),
    "a ticket says something else",
  );

  const wiki = wikiComment([{ kind: "text", text }]);
  holds(plain(decoded(wiki)) === plain(text), "a ticket of Jira Data Center says something else");
  // Whatever begins markup: macros, links, tables, images, emphasis, lists, headings, rules.
  const words = wiki.replace(/&#\d+;/g, "");
  holds(!/[{}[\]|!*+^~?<>%#=]/.test(words), "a sign of markup in a ticket of Jira Data Center");
  holds(!/^[ \t]*(?:h[1-6]|bq)\.(?: |$)/im.test(wiki), "text became a heading");
  holds(!/\b(?:https?|ftp|file|mailto|javascript):/i.test(wiki), "text became a link");
  holds(!/--|__|\\\\/.test(wiki), "text became a rule or a line break");
  // As Atlassian's renderer has it: emphasis starts behind anything, and ends before anything, but a letter or digit.
  holds(!/(?<![\p{L}\p{N}])[_\-@]|[_-](?![\p{L}\p{N}])/u.test(wiki), "text became emphasis");
  const cells = wikiComment([{ kind: "facts", rows: [["Name", text]] }]);
  holds((cells.match(/\|/g) ?? []).length === 4 && !cells.includes("\n"), "text became a cell of a table");

  const journal = plainComment(blocks);
  holds(!/\[\/?code/i.test(journal), "text becomes HTML in a journal");
  holds(!/[^\P{Cc}\n]/u.test(journal), "a control character in a note");
}

const secrets = ["hunter2-Xy9", "S3cr3t!pass"];

function attemptMasking(text: string): void {
  const out = masked(text);
  note(String(out.split("********").length));
  // Only what is masked differs: what stands between masks stands in the text, in this order.
  let from = 0;
  for (const piece of out.split("********")) {
    const at = text.indexOf(piece, from);
    holds(at >= 0, "masking changes what is no secret");
    from = at + piece.length;
  }
  const again = masked(out);
  for (const secret of secrets) if (!out.includes(secret)) holds(!again.includes(secret), "a secret comes back");
  // Whatever stands before it in a line of its own: an option for a password is one.
  for (const secret of secrets)
    holds(
      masked(`${text.replace(/["'`\\]/g, "").slice(-200)}\ntool --password=${secret}`)
        .split("\n")
        .at(-1)
        ?.includes(secret) === false,
      "a password is not masked",
    );
  for (const block of blocksOf(text)) mapBlock(block, (one) => masked(one));
}

/** By the letter, with backtracking: what the pattern means. */
function fitsSlowly(pattern: string, text: string): boolean {
  let row = new Array<boolean>(text.length + 1).fill(false);
  row[0] = true;
  for (const sign of pattern) {
    const next = new Array<boolean>(text.length + 1).fill(false);
    if (sign === "*") {
      let seen = false;
      for (let at = 0; at <= text.length; at++) {
        seen ||= row[at] === true;
        next[at] = seen;
      }
    } else
      for (let at = 0; at < text.length; at++) next[at + 1] = row[at] === true && (sign === "?" || sign === text[at]);
    row = next;
  }
  return row[text.length] === true;
}

/** The pattern, then the text. */
function attemptWildcard(input: string): void {
  const [pattern = "", text = ""] = input.split("\u0001");
  const fits = wildcard(pattern)(text);
  note(`${fits} ${pattern.replace(/[^*?\\]+/g, "a").slice(0, 12)}`);
  holds(wildcard("*")(text) && wildcard(patternOf(text))(text), "a text does not fit its own pattern");
  if (isOnlyWildcards(pattern) && /^[*\s]*\*[*\s]*$/.test(pattern))
    holds(fits || /\s/.test(pattern.trim()), "everything fits *");
  if (!hasWildcard(pattern) && fits)
    holds(pattern.replace(/[\\\s]+/g, "").length <= text.replace(/[\\\s]+/g, "").length + 2, "a name fits another");
  // Plain ASCII without backslashes and blanks has one reading.
  const isPlain = /^[!-[\]-~]*$/.test(pattern) && /^[!-[\]-~]*$/.test(text) && pattern.length * text.length < 100_000;
  if (isPlain)
    holds(fits === fitsSlowly(pattern.toLowerCase(), text.toLowerCase()), "a pattern fits otherwise than it says");
}

export const writtenTargets: readonly Target[] = [
  {
    name: "ticket-texts",
    samples: [
      "C:\\Users\\jane_doe\\x.exe -enc SQBF\u0001jane.doe@acme.example\u0001T1059.001",
      "{code}x{code} [a|http://evil.example] *bold* !x.png! ||h||\n|c|\n# item\nh1. title",
      "&lt;b&gt; <script>alert(1)</script>\u0001[code]<b>x</b>[/code]",
      "line one\nline -two- _three_ @bob [~bob] ---- \\\\ x",
    ],
    words: [
      "h1. ",
      "bq. ",
      "{",
      "[",
      "|",
      "!",
      "-",
      "_",
      "--",
      "@",
      "\\",
      "http:",
      "[code]",
      "&#60;",
      "&",
      "\u0001",
      "\n",
      "*",
      "{color}",
      "\u2028",
    ],
    attempt: (input) => attemptMarkup(textOf(input)),
  },
  {
    name: "masking",
    samples: [
      "psexec \\\\host -u admin -p S3cr3t!pass cmd && net user bob hunter2-Xy9 /add",
      'curl -H "Authorization: Bearer abcdef123456" https://user:s3cr3t@host/?sig=abcdefgh12',
      "ConvertTo-SecureString -String 'hunter2-Xy9' -AsPlainText; mysql -uroot -phunter2-Xy9 --password=\"a b\"",
      '{"key":"password","value":"hunter2-Xy9"} password is hunter2-Xy9; cred: a/S3cr3t!pass',
      "schtasks /create /ru acme\\jane /rp S3cr3t!pass /tr x; sshpass -p hunter2-Xy9 ssh a@b",
    ],
    words: [
      "--password ",
      "password=",
      " -p ",
      "/user:",
      '"',
      "'",
      '\\"',
      "=",
      "|",
      " sudo ",
      "echo ",
      "Bearer ",
      "cookie: a=",
      "\n",
      "<password>",
      "net user ",
    ],
    attempt: (input) => attemptMasking(textOf(input)),
  },
  {
    name: "wildcards",
    samples: [
      "C:\\Tools\\*.exe\u0001C:\\Tools\\a.exe",
      "*a?c*\u0001xxabcxx",
      "del \\*.tmp\u0001del *.tmp",
      "ws-1??\u0001WS-101",
      "*a*b*c*\u0001abc",
    ],
    words: ["*", "?", "\\*", "\\?", "\u0001", "\\", " ", "\u03c2", "\u0130", "**", "a"],
    attempt: (input) => attemptWildcard(textOf(input)),
  },
];
