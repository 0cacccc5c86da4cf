/** What people do from the list of incidents. */
import type { Action } from "../../page.ts";
import { bulkChangeAction } from "./bulk-change.tsx";
import { exceptionChoiceAction, exceptionsAction } from "./bulk-exception.tsx";
import { byHandAction } from "./by-hand.tsx";
import { columnsAction } from "./columns.ts";

export const listActions: readonly Action[] = [
  bulkChangeAction,
  exceptionChoiceAction,
  exceptionsAction,
  byHandAction,
  columnsAction,
];
