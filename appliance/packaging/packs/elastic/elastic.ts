/** The packs `elastic` and `opensearch`: what of them follows from the list of fields, and dashboards, which name fields. */
import { dashboards } from "./dashboards.ts";
import { pipeline } from "./ingest.ts";
import { logstashConfig, logstashScript } from "./logstash.ts";
import { feeds, products } from "./places.ts";
import { ecsTemplate, indexTemplate, ownTemplate, settingsTemplate } from "./templates.ts";

const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;

/** Path and text of each file. */
export function elasticFiles(): [path: string, text: string][] {
  return products.flatMap((product) => {
    const folder = `appliance/packs/${product}`;
    return [
      ...feeds.flatMap((feed): [string, string][] => [
        [`${folder}/ingest/rhythmx-${feed}.json`, json(pipeline(feed, product))],
        [`${folder}/index-template-${feed}.json`, json(indexTemplate(feed))],
      ]),
      [`${folder}/component-templates/rhythmx-ecs.json`, json(ecsTemplate(product))],
      [`${folder}/component-templates/rhythmx-fields.json`, json(ownTemplate(product))],
      [`${folder}/component-templates/rhythmx-settings.json`, json(settingsTemplate(product))],
      [`${folder}/logstash/rhythmx.conf`, logstashConfig(product)],
      [`${folder}/logstash/rhythmx.rb`, logstashScript()],
      [`${folder}/dashboards.ndjson`, dashboards()],
    ] as [string, string][];
  });
}
