/** The text of the sample in a module of its own: half a megabyte that an appliance does not need until somebody asks for sample data. */
import sample from "./sample.jsonl" with { type: "text" };

export { sample };
