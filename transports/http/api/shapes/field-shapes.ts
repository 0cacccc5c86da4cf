/** Fields that many answers have. */
import * as v from "valibot";

export const text = v.string();
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
export const time = v.pipe(v.string(), v.isoTimestamp());
export const orNull = <S extends v.GenericSchema>(schema: S) => v.nullable(schema);
export const riskLevel = v.picklist(["critical", "high", "medium", "low"]);
export const score = v.pipe(v.number(), v.minValue(0), v.maxValue(100));
