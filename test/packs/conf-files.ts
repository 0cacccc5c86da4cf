/** Splunk's .conf files: stanzas of keys and values, `#` at the beginning of a line for remarks, `\` at its end to go on. */
export type Conf = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Throws for a line that is neither, and for a key that stands twice in a stanza. */
export function readConf(text: string): Conf {
  const stanzas = new Map<string, Map<string, string>>();
  let stanza = new Map<string, string>();
  for (const line of text.replaceAll(/\\\n/g, " ").split("\n")) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const [, name] = /^\[(.*)\]$/.exec(line) ?? [];
    if (name !== undefined) {
      if (stanzas.has(name)) throw new Error(`stanza [${name}] stands twice`);
      stanza = new Map();
      stanzas.set(name, stanza);
      continue;
    }
    const [, key, value] = /^([A-Za-z][\w.:-]*) = (.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) throw new Error(`no setting: ${line}`);
    if (stanza.has(key)) throw new Error(`${key} stands twice`);
    stanza.set(key, value);
  }
  return stanzas;
}
