import { expect, test } from "bun:test";
import { wikiComment } from "./wiki.ts";

const shown = (text: string) => wikiComment([{ kind: "text", text }]);

test("names of hosts, accounts, files and people stay as they are, so that search and e-mails show them", () => {
  for (const text of [
    "WS-101 and SRV-DC-01.corp.example",
    "jane_doe, svc_sql.backup, CORP\\jane.doe",
    "C:\\Users\\jane_doe\\AppData\\x.exe",
    "jane.doe@acme.example wrote it",
    "T1059.001 rundll32.exe 10.0.0.5",
  ])
    expect(shown(text)).toBe(text);
});

test("what would begin markup is no markup", () => {
  const harmful = [
    "{code}x{code}",
    "[text|http://evil.example]",
    "*bold* _emphasis_ -deleted- +inserted+ ^up^ ~down~ ??cite??",
    "!http://evil.example/x.png!",
    "||head||\n|cell|",
    "- item\n* item\n# item",
    "---- rule",
    "@bob and [~bob]",
    ".-deleted words-. and @_emphasis_. and C:\\_Temp and more_",
    "--\\deleted words-.",
    "line \\\\ break",
    "a\\*b",
    "&lt;b&gt;",
  ];
  for (const text of harmful) {
    const out = shown(text);
    expect(out).not.toMatch(/[{}[\]|!*+^~?]/);
    expect(out).not.toMatch(/(?<![\p{L}\p{N}])[_-]|[_-](?![\p{L}\p{N}])/u);
    expect(out).not.toMatch(/^\s*([-#*]|----)/m);
    expect(out).not.toMatch(/\\\\|(^|\s)@|\bhttp:/);
    // Nothing is lost: it is shown as it was written.
    expect(out.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))).toBe(text);
  }
  expect(shown("h1. title")).toBe("h1&#46; title");
});
