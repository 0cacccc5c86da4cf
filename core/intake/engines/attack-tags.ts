/** ATT&CK names and ids as the tags that Sigma rules carry: `attack.credential-access`, `attack.t1059.001`. */

/** Tag of a tactic's name: `Credential Access`, `credential_access`. */
export function tacticTag(name: string): string {
  return `attack.${name.trim().toLowerCase().replace(/[ _]+/g, "-")}`;
}

/** Tags of the ids among the texts: techniques, groups and software, `T1059.001 G0049 S0002`. */
export function attackIdTags(ids: readonly string[]): string[] {
  return ids.filter((id) => /^[TGS]\d{4}(\.\d{3})?$/i.test(id)).map((id) => `attack.${id.toLowerCase()}`);
}
