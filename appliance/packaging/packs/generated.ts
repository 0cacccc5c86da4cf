/** All files that are made from the list of fields: path from the root of the sources, and text. */
import { elasticFiles } from "./elastic/elastic.ts";
import { fieldsPage } from "./fields-page.ts";
import { graylogFiles } from "./graylog/graylog.ts";
import { qradarFiles } from "./qradar.ts";
import { sentinelFiles } from "./sentinel/sentinel.ts";
import { splunkFiles } from "./splunk.ts";
import { xsoarFiles } from "./xsoar.ts";

export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ["docs/fields.md", fieldsPage()],
    ...elasticFiles(),
    ...graylogFiles(),
    ...qradarFiles(),
    ...sentinelFiles(),
    ...splunkFiles(),
    ...xsoarFiles(),
  ]);
}
