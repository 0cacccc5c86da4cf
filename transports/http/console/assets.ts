/**
 * Style sheet, scripts, fonts and icon of the console, embedded in the program. Each has the hash of its content in its name, so that
 * browsers keep it for good and a new version has a new name.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import consoleCss from "./assets/console.css" with { type: "text" };
import interLicence from "./assets/Inter-OFL.txt" with { type: "text" };
import iconSvg from "./assets/icon.svg" with { type: "text" };
import inter from "./assets/inter.woff2" with { type: "bytes" };
import jetbrainsLicence from "./assets/JetBrainsMono-OFL.txt" with { type: "text" };
import jetbrainsMono from "./assets/jetbrains-mono.woff2" with { type: "bytes" };
import lucideLicence from "./assets/Lucide-LICENSE.txt" with { type: "text" };
import tokensCss from "./assets/tokens.css" with { type: "text" };
import { scripts, settingsScripts } from "./browser/scripts.ts";

interface Asset {
  type: string;
  bytes: Uint8Array;
  /** Made at the first use; absent for what is compressed already. */
  packed?: { gzip: Uint8Array; br: Uint8Array };
}

const assets = new Map<string, Asset>();

const fonts = {
  inter: added("inter", "woff2", "font/woff2", embedded(inter)),
  mono: added("jetbrains-mono", "woff2", "font/woff2", embedded(jetbrainsMono)),
};
const css = `${tokensCss}${consoleCss}`
  .replace("/assets/inter.woff2", fonts.inter)
  .replace("/assets/jetbrains-mono.woff2", fonts.mono);

/** Addresses of the files that pages name. */
export const assetPaths = {
  css: added("console", "css", "text/css; charset=utf-8", css),
  js: added("console", "js", "text/javascript; charset=utf-8", scripts.join("\n")),
  /** In its place on pages of settings. */
  settingsJs: added("settings", "js", "text/javascript; charset=utf-8", settingsScripts.join("\n")),
  icon: added("icon", "svg", "image/svg+xml", iconSvg),
  font: fonts.inter,
  licences: added(
    "licences",
    "txt",
    "text/plain; charset=utf-8",
    [`Inter\n\n${interLicence}`, `JetBrains Mono\n\n${jetbrainsLicence}`, `Lucide icons\n\n${lucideLicence}`].join(
      "\n\n----\n\n",
    ),
  ),
} as const;

/** The file with this name, packed as the client can take it; null if there is none. */
export function assetNamed(name: string, acceptEncoding: string): Response | null {
  const asset = assets.get(name);
  if (asset === undefined) return null;
  const headers = new Headers({
    "Content-Type": asset.type,
    "Cache-Control": "public, max-age=31536000, immutable",
    Vary: "Accept-Encoding",
  });
  const body = (bytes: Uint8Array) => new Response(bytes as Uint8Array<ArrayBuffer>, { headers });
  if (asset.type.startsWith("font/")) return body(asset.bytes);
  asset.packed ??= { gzip: gzipSync(asset.bytes, { level: 9 }), br: brotliCompressSync(asset.bytes) };
  const encoding = (["br", "gzip"] as const).find((one) =>
    new RegExp(`\\b${one}\\b(?!;q=0(?:\\.0*)?(?:,|$))`).test(acceptEncoding),
  );
  if (encoding === undefined) return body(asset.bytes);
  headers.set("Content-Encoding", encoding);
  return body(asset.packed[encoding]);
}

/** The bytes of a file that was imported. Bun gives its path: beside the sources, beside the bundle, or in the binary. */
function embedded(file: string | Uint8Array): Uint8Array {
  if (typeof file !== "string") return file;
  return readFileSync(isAbsolute(file) ? file : join(import.meta.dirname, file));
}

function added(name: string, ending: string, type: string, content: string | Uint8Array): string {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  const file = `${name}.${hash}.${ending}`;
  assets.set(file, { type, bytes });
  return `/assets/${file}`;
}
