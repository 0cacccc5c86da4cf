/** @jsxImportSource hono/jsx */
/** The pages of System Settings > Settings: each area is one section of the API. */
import type { Child } from "hono/jsx";
import type {
  AccountsPreview,
  MaskingPreview,
  RetentionPreview,
  RoutingPreview,
  SettingsPreview,
} from "../../../api/settings/settings-port.ts";
import type { FormFields } from "../../form-fields.ts";
import type { Action, AnyPage, PageRequest } from "../../page.ts";
import { type Section, valueText } from "../../parts/settings/field-spec.ts";
import { readFields } from "../../parts/settings/read-fields.ts";
import { type SectionData, type SectionDefinition, sectionPage } from "../integrations/section/section-page.tsx";
import { type AreaSection, AreasFrame, areaOf, settingsPath } from "./areas.tsx";
import { areaGroups } from "./fields.ts";
import {
  AccountsTrial,
  MaskingTrial,
  RemovalTrial,
  RoutingTrial,
  removalWords,
  sampleField,
  UnreadWords,
} from "./previews.tsx";

/** The page of an area. */
function areaPage<Extra>(
  section: AreaSection,
  sub: string,
  load: (request: PageRequest, form: FormFields | null) => Promise<Extra>,
  preview?: (data: SectionData<Extra>) => Child,
  grave?: SectionDefinition<Extra>["grave"],
) {
  const { title, path } = areaOf(section);
  return sectionPage<Extra>({
    section,
    site: { path, title, at: settingsPath, frame: (children) => <AreasFrame at={section}>{children}</AreasFrame> },
    sub,
    groups: areaGroups[section],
    testable: false,
    load: (request, _, form) => load(request, form),
    ...(preview === undefined ? {} : { preview }),
    ...(grave === undefined ? {} : { grave }),
  });
}

/** Whether a number is lowered; null is its default. */
function isLess({ fields }: Section, changes: Readonly<Record<string, unknown>>, name: string): boolean {
  const field = fields[name];
  if (field === undefined || !(name in changes)) return false;
  return Number(changes[name] ?? field.default) < Number(field.value);
}

function wordsOf(removal: RetentionPreview): string {
  const words = removalWords(removal);
  if (words === null) return "Nothing is as old as that at present.";
  return `Removed at the next pass, and not to be brought back except from a backup: ${words}.`;
}

const nothing = async () => null;

/** The preview of what is typed, or of what is in force where that is wrong. */
async function previewOf(
  { ports, caller }: PageRequest,
  section: AreaSection,
  form: FormFields | null,
  text = "",
): Promise<SettingsPreview> {
  const { settings } = ports.api;
  const specs = areaGroups[section].flatMap(({ fields }) => fields);
  const changes = form === null ? {} : readFields(form, specs).changes;
  const problems = form === null ? [] : await settings.check(section, changes);
  const right = Object.entries(changes).filter(([name]) => !problems.some((one) => one.name === name));
  return settings.preview(caller, section, Object.fromEntries(right), text);
}

const pages = [
  areaPage<AccountsPreview>(
    "correlation",
    "Who is an actor, and what makes an incident or a threat case.",
    async (request, form) => (await previewOf(request, "correlation", form)) as AccountsPreview,
    ({ extra }) => <AccountsTrial path={areaOf("correlation").path} shown={extra} />,
  ),
  areaPage("sla", "How long an incident may take until it is closed.", nothing),
  areaPage<RoutingPreview>(
    "routing",
    "Which entity records are of, where its tickets go, and who is who in ticket systems.",
    async (request, form) => (await previewOf(request, "routing", form)) as RoutingPreview,
    ({ extra, state, section }) => (
      <RoutingTrial
        path={areaOf("routing").path}
        entity={state.typed.get("default_entity") || valueText(section.fields.default_entity?.value)}
        shown={extra}
      />
    ),
  ),
  areaPage<{ sample: string; shown: MaskingPreview }>(
    "masking",
    "What leaves for a ticket without its secrets.",
    async (request, form) => {
      const sample = form?.exact(sampleField, 4_000) ?? "";
      return { sample, shown: (await previewOf(request, "masking", form, sample)) as MaskingPreview };
    },
    ({ extra, state }) => <MaskingTrial path={areaOf("masking").path} {...extra} isWrong={state.problems.length > 0} />,
  ),
  areaPage<RetentionPreview>(
    "retention",
    "How long data is kept, and how full the disk may become.",
    async (request, form) => (await previewOf(request, "retention", form)) as RetentionPreview,
    ({ extra }) => <RemovalTrial path={areaOf("retention").path} shown={extra} />,
    async ({ ports, caller }, section, changes) => {
      if (!isLess(section, changes, "days") && !isLess(section, changes, "audit_retention_days")) return null;
      const removal = (await ports.api.settings.preview(caller, "retention", changes, "")) as RetentionPreview;
      return (
        <>
          <b>Data is kept for a shorter time.</b> {wordsOf(removal)} <UnreadWords unread={removal.unread} />
        </>
      );
    },
  ),
  areaPage(
    "backup",
    "When backups are made, where they are kept, and how many of them.",
    nothing,
    undefined,
    async (_, section, changes) =>
      isLess(section, changes, "keep") ? (
        <b>Fewer backups are kept: the older ones are removed when the next one was made.</b>
      ) : null,
  ),
  areaPage("network", "How people and proxies reach the appliance.", nothing),
  areaPage("logging", "How much the appliance writes of itself, and in which form.", nothing),
];

export const areaPages: readonly AnyPage[] = pages.map(({ page }) => page);
export const areaActions: readonly Action[] = pages.flatMap(({ actions }) => actions);
