/** The scenarios by name, in the order in which they run. */
import type { Scenario } from "../scenario.js";
import { lfs } from "./lfs.js";
import { list } from "./list.js";
import { lossy } from "./lossy.js";
import { many } from "./many.js";
import { memory } from "./memory.js";
import { mirrors } from "./mirrors.js";
import { oneFile } from "./one-file.js";
import { present } from "./present.js";
import { resume } from "./resume.js";
import { throttled } from "./throttled.js";
import { verify } from "./verify.js";

export const SCENARIOS: ReadonlyMap<string, Scenario> = new Map([
  ["one-file", oneFile],
  ["throttled", throttled],
  ["mirrors", mirrors],
  ["many", many],
  ["lossy", lossy],
  ["resume", resume],
  ["present", present],
  ["verify", verify],
  ["lfs", lfs],
  ["list", list],
  ["memory", memory],
]);
