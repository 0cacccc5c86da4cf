/** ASIM's two parsers of alerts: the one without parameters is written by hand, and the one with filters (`vim…`) is made of it. */

/** As its YAML has it. */
export interface AsimParser {
  Parser: { Title: string; Version: string; LastUpdated: string };
  Product: { Name: string };
  Normalization: { Schema: string; Version: string };
  References: { Title: string; Link: string }[];
  Description: string;
  ParserName: string;
  EquivalentBuiltInParser: string;
  ParserParams: { Name: string; Type: string; Default: string | boolean }[];
  ParserQuery: string;
}

/** What callers may ask for (`_Im_AlertEvent`), in ASIM's order: an empty list asks for nothing. Each with the column that it is held against. */
const filters = {
  ipaddr_has_any_prefix: null,
  hostname_has_any: "Host",
  username_has_any: "User",
  attacktactics_has_any: "AttackTactics",
  attacktechniques_has_any: "AttackTechniques",
  threatcategory_has_any: "ThreatCategory",
  alertverdict_has_any: "AlertVerdict",
  eventseverity_has_any: "EventSeverity",
} as const;

/** Columns of the message itself: they are looked at before all others are calculated. */
const ofMessage: readonly (string | null)[] = ["Host", "User"];

const anyOf = (filter: string, condition: string) => `    | where array_length(${filter}) == 0 or ${condition}\n`;
const hasAny = ([filter, column]: [string, string | null]) => anyOf(filter, `${column} has_any (${filter})`);

/** The same rows and columns, of those that the caller asks for. */
export function filteringParser(asim: AsimParser): AsimParser {
  const all = Object.entries(filters);
  const first = [
    "    | where (isnull(starttime) or TimeGenerated >= starttime) and (isnull(endtime) or TimeGenerated <= endtime)\n",
    anyOf("ipaddr_has_any_prefix", "has_any_ipv4_prefix(Ip, ipaddr_has_any_prefix)"),
    ...all.filter(([, column]) => ofMessage.includes(column)).map(hasAny),
  ];
  const later = all.filter(([, column]) => column !== null && !ofMessage.includes(column)).map(hasAny);
  const own = [
    ...["starttime", "endtime"].map((Name) => ({ Name, Type: "datetime", Default: "datetime(null)" })),
    ...all.map(([Name]) => ({ Name, Type: "dynamic", Default: "dynamic([])" })),
  ];
  const params = [...own, ...asim.ParserParams];
  const declared = params.map(({ Name, Type, Default }) => `${Name}:${Type}=${Default}`);
  const steps: [was: string, is: string][] = [
    ["(disabled:bool=false, pack:bool=false)", `(\n    ${declared.join(",\n    ")}\n)`],
    ["    | where not(disabled)\n", `    | where not(disabled)\n${first.join("")}`],
    ["    // Aliases\n", `${later.join("")}    // Aliases\n`],
    ["parser(disabled=disabled, pack=pack)", `parser(${params.map(({ Name }) => `${Name}=${Name}`).join(", ")})`],
  ];
  return {
    ...asim,
    Parser: { ...asim.Parser, Title: "Alert Event ASIM filtering parser for RhythmX Edge" },
    Description: asim.Description.replace("supports normalizing", "supports filtering and normalizing"),
    ParserName: asim.ParserName.replace("ASim", "vim"),
    EquivalentBuiltInParser: asim.EquivalentBuiltInParser.replace("_ASim_", "_Im_"),
    ParserParams: params,
    ParserQuery: steps.reduce((query, [was, is]) => {
      if (query.split(was).length !== 2) throw new Error(`the parser of ASIM has not once: ${was}`);
      return query.replace(was, () => is);
    }, asim.ParserQuery),
  };
}

/** As Log Analytics writes them: `disabled:bool=False`. */
export const functionParameters = ({ ParserParams }: AsimParser) =>
  ParserParams.map(({ Name, Type, Default }) => {
    const value = typeof Default === "boolean" ? (Default ? "True" : "False") : Default;
    return `${Name}:${Type}=${value}`;
  }).join(", ");
