/** docs/security.md: every requirement of ASVS 5.0 at levels 1 and 2 once, each with something that is there. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const text = readFileSync(join(root, "docs/security.md"), "utf8");

/** By section of ASVS 5.0.0, its requirements of levels 1 and 2 (those of level 3 apart): in each section they are the first so many. */
const sections: Readonly<Record<string, number>> = {
  ...{ "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2 },
  ...{ "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1 },
  ...{ "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2 },
  ...{ "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4 },
  ...{ "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3 },
  ...{ "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4 },
  ...{ "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2 },
  ...{ "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1 },
  ...{ "9.1": 3, "9.2": 4 },
  ...{ "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3 },
  ...{ "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1 },
  ...{ "12.1": 3, "12.2": 2, "12.3": 4 },
  ...{ "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5 },
  ...{ "14.1": 2, "14.2": 4, "14.3": 3 },
  ...{ "15.1": 3, "15.2": 3, "15.3": 7 },
  ...{ "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3 },
  ...{ "17.1": 1, "17.2": 4, "17.3": 2 },
};

const rows = [...text.matchAll(/^\| (\d+\.\d+\.\d+) \| (met|partly|not met|–) \| (.+) \|$/gm)].map(
  ([, id = "", standing = "", words = ""]) => ({ id, standing, words }),
);
const isPath = /^(?:(?:appliance|core|docs|integrations|store|test|transports)\/\S+|(?:package|biome|tsconfig)\.json)$/;
const pathsOf = (words: string) =>
  [...words.matchAll(/`([^`]+)`/g)].map(([, quoted]) => quoted ?? "").filter((quoted) => isPath.test(quoted));

test("every requirement of levels 1 and 2 stands once, and the sums at the top are right", () => {
  const wanted = Object.entries(sections).flatMap(([section, count]) =>
    Array.from({ length: count }, (_, index) => `${section}.${index + 1}`),
  );
  expect(rows.map(({ id }) => id)).toEqual(wanted);
  const count = (standing: string) => rows.filter((row) => row.standing === standing).length;
  expect(text).toContain(
    `all ${rows.length} requirements of levels 1 and 2: ${count("met")} met, ${count("partly")} partly, ${count("not met")} not met, ${count("–")} do not apply`,
  );
});

test("whatever is said to be met names a test, a source or a document that is there; what does not apply says why", () => {
  for (const { id, standing, words } of rows) {
    const paths = pathsOf(words);
    if (standing === "–") expect([id, words.length > 5]).toEqual([id, true]);
    else expect([id, paths.length > 0]).toEqual([id, true]);
    for (const path of paths) expect([id, path, existsSync(join(root, path))]).toEqual([id, path, true]);
    if (standing === "partly" || standing === "not met")
      expect([id, words.replace(/`[^`]*`/g, "").length > 25]).toEqual([id, true]);
  }
});

test("links to other documents lead to headings that are there", () => {
  for (const page of ["security.md", "runbook.md"]) {
    const words = readFileSync(join(root, "docs", page), "utf8");
    for (const [, file = "", anchor = ""] of words.matchAll(/\]\(([a-z]+\.md)?(?:#([a-z0-9-]+))?\)/g)) {
      const target = readFileSync(join(root, "docs", file || page), "utf8");
      const headings = [...target.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
        heading
          .toLowerCase()
          .replace(/[^\p{L}\p{N} _-]/gu, "")
          .replaceAll(" ", "-"),
      );
      if (anchor !== "") expect([page, file, anchor, headings.includes(anchor)]).toEqual([page, file, anchor, true]);
    }
  }
});
