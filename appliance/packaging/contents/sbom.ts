/** The software bill of materials of a binary: CycloneDX 1.6 as JSON. */
import manifest from "../../../package.json" with { type: "json" };
import { sha256 } from "../archives/checksums.ts";
import type { Source } from "../source.ts";
import { type Component, licencesIn } from "./component.ts";

/** A single licence by its id, an expression as one; those outside SPDX's list, "LicenseRef-…", only an expression may hold. */
function licences(expression: string): object[] {
  const single = licencesIn(expression).length === 1 && !expression.startsWith("LicenseRef-");
  return single ? [{ license: { id: expression } }] : [{ expression }];
}

function asJson(component: Component): object {
  const { ref, type, name, version, licence, copyright, purl, about, files } = component;
  const group = /^@[^/]+(?=\/)/.exec(name)?.[0];
  return {
    type,
    "bom-ref": ref,
    ...(group === undefined ? {} : { group }),
    name: group === undefined ? name : name.slice(group.length + 1),
    ...(version === undefined ? {} : { version }),
    ...(about === undefined ? {} : { description: about }),
    licenses: licences(licence),
    ...(copyright === undefined ? {} : { copyright }),
    ...(purl === undefined ? {} : { purl }),
    ...(files === undefined
      ? {}
      : {
          components: files.map(({ path, sha256: content }) => ({
            type: "file",
            "bom-ref": `${ref}/${path}`,
            name: path,
            hashes: [{ alg: "SHA-256", content }],
          })),
        }),
  };
}

/** @param binary its SHA-256 in hexadecimal, and "linux-x64" or the like. */
export function sbomOf(
  components: readonly Component[],
  binary: { sha256: string; target: string },
  source: Source,
): string {
  const product = "rhythmx-edge";
  const isPart = (component: Component) => component.partOf !== undefined;
  const partsOf = (ref: string) => components.filter(({ partOf }) => partOf === ref).map((part) => part.ref);
  // Not random: the same source gives the same file.
  const id = sha256(`${product} ${manifest.version} ${source.commit} ${binary.target}`);
  const uuid = [id.slice(0, 8), id.slice(8, 12), `8${id.slice(13, 16)}`, `a${id.slice(17, 20)}`, id.slice(20, 32)];
  const bill = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuid.join("-")}`,
    version: 1,
    metadata: {
      timestamp: new Date(source.time * 1000).toISOString(),
      lifecycles: [{ phase: "build" }],
      component: {
        type: "application",
        "bom-ref": product,
        name: product,
        version: manifest.version,
        description: manifest.description,
        licenses: licences(manifest.license),
        hashes: [{ alg: "SHA-256", content: binary.sha256 }],
        properties: [
          { name: "rhythmx:commit", value: source.commit },
          { name: "rhythmx:target", value: binary.target },
        ],
      },
    },
    components: components.map(asJson),
    dependencies: [
      { ref: product, dependsOn: components.filter((component) => !isPart(component)).map(({ ref }) => ref) },
      ...components.map(({ ref, needs = [] }) => ({
        ref,
        dependsOn: [...new Set([...needs, ...partsOf(ref)])].sort(),
      })),
    ],
    compositions: [
      // What is linked into these is known by what their makers and the files say, which need not be all.
      {
        aggregate: "incomplete_third_party_only",
        assemblies: components.filter(({ ref }) => partsOf(ref).length > 0).map(({ ref }) => ref),
      },
    ],
  };
  return `${JSON.stringify(bill, null, 1)}\n`;
}
