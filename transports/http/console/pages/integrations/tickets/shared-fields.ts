/** Settings that ticket systems have in common, as their forms show them. */
import type { FieldGroup, FieldSpec } from "../../../parts/settings/field-spec.ts";

export const enabled = (system: string): FieldSpec => ({
  name: "enabled",
  label: "Enabled",
  kind: "switch",
  hint: `Off: nothing is sent to ${system}, and what is to be sent waits.`,
  wide: true,
});

export const network = (prefix = ""): FieldGroup => ({
  title: "The way there",
  fields: [
    {
      name: `${prefix}ca_file`,
      label: "Certificate authority",
      kind: "area",
      mono: true,
      fromFile: true,
      longest: 9_000,
      placeholder: "-----BEGIN CERTIFICATE-----",
      hint: "Who signed its certificate: PEM text, or the path of a PEM file on the appliance. Empty = the authorities that the system trusts.",
    },
    {
      name: `${prefix}proxy`,
      label: "Proxy",
      kind: "text",
      mono: true,
      placeholder: "http://proxy.example:3128",
      hint: "Empty = the proxy of all ticket systems, on the page Network of the settings.",
    },
  ],
});

export const policyHint =
  "Such as assignee=ours, notes=once; what is not named is kept in step both ways, priority is ours.";
