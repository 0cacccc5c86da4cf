import type { ListedAsset } from "../../../core/assets/asset.ts";
import { assetsAsCsv, readCsvList, readJsonList } from "../../../core/assets/asset-list.ts";
import { parseCsv, withoutApostrophe, writeCsv } from "../../../core/text/csv.ts";
import { assertPlain, assertWords, holds, type Target, textOf } from "../target.ts";

function attemptCsv(text: string): void {
  const read = parseCsv(text);
  if ("fault" in read) {
    holds(text.includes('"'), "text without quotes is always CSV");
    holds(read.fault.line >= 1 && read.fault.line <= text.length + 1, "a line that is not there");
    assertWords(`${read.fault.found} ${read.fault.accepted}`);
    return;
  }
  const size = read.rows.reduce((sum, { cells }) => sum + cells.reduce((all, cell) => all + cell.length, 0), 0);
  holds(size <= text.length, "cells are longer than the text");
  let line = 0;
  for (const row of read.rows) {
    holds(row.line > line, "lines that do not grow");
    line = row.line;
  }
  const cells = read.rows.map((row) => row.cells);
  // Behind a first line of our own, the separator is ours whatever the cells hold.
  const again = parseCsv(writeCsv([["a", "b"], ...cells]));
  holds("rows" in again, "what was written is no CSV");
  const back = again.rows.slice(1).map((row) => row.cells.map(withoutApostrophe));
  holds(JSON.stringify(back) === JSON.stringify(cells), "cells are not read as they were written");
}

function attemptList(read: ReturnType<typeof readJsonList>): void {
  assertPlain(read);
  if ("errors" in read) {
    holds(read.errors.length > 0, "refused without a reason");
    for (const { name, reason } of read.errors) assertWords(`${name}: ${reason}`);
    return;
  }
  for (const { asset, entity } of read.rows) {
    for (const name of [asset.name, ...asset.aliases, ...(entity === null ? [] : [entity])]) {
      holds(name.trim() !== "" && name === name.trim(), "a name with blanks around it");
      holds(name.length <= 1_024 && name.isWellFormed() && !/\p{Cc}/u.test(name), "a name that is none");
    }
  }
  const listed = read.rows.map(({ asset, entity }): ListedAsset => ({ ...asset, entity, from: "api" }));
  const again = readCsvList(assetsAsCsv(listed));
  holds("rows" in again, `its own CSV is refused: ${JSON.stringify(again).slice(0, 200)}`);
  const bare = ({ rows }: { rows: readonly unknown[] }) =>
    JSON.stringify(rows.map((row) => (row as { asset: unknown }).asset));
  holds(bare(again) === bare(read), "a list is not read as it was written");
}

const csv =
  "kind,name,role,criticality,aliases,entity_name,from\r\nhost,dc-01,domain_controller,critical,10.0.0.5|dc-01.acme.example,North,list\r\naccount,svc-backup,,,,,\r\n";
export const listTargets: readonly Target[] = [
  {
    name: "csv",
    samples: [csv, 'sep=;\na;"b\n""c""";=1+1\n', "a\tb\r\r\n'=x\t''@y"],
    words: ['"', '""', "sep=\t\n", "'="],
    attempt: (input) => attemptCsv(textOf(input)),
  },
  {
    name: "assets-csv",
    samples: [csv, csv.replaceAll(",", ";"), "name\nsrv-1\n"],
    words: ["role", "criticality", "workstation", "server", "crown_jewel", "|", "'=x", "host", "account"],
    attempt: (input) => attemptList(readCsvList(textOf(input))),
  },
  {
    name: "assets-json",
    samples: [
      '{"assets":[{"kind":"host","name":"dc-01","role":"domain_controller","criticality":"critical","aliases":["10.0.0.5"]}],"entity":"North"}',
      '{"hosts":[{"name":"srv-1"}],"accounts":[{"name":"jane"}]}',
      '[{"kind":"account","name":"=cmd","aliases":"a|b"}]',
    ],
    words: ['"aliases"', '"hosts"', '"kind"', '"host"', '"account"', '"role"', '"a|b"', '"\'=1"'],
    attempt: (input) => attemptList(readJsonList(textOf(input))),
  },
];
