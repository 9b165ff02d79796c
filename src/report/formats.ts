/** The formats that findings can be given in, by name. */
import type { Findings } from "./findings.js";
import { renderGithub } from "./github.js";
import { renderJunit } from "./junit.js";
import { renderSarif } from "./sarif.js";
import { renderTap } from "./tap.js";

export { githubError } from "./github.js";
export { renderStepSummary } from "./step-summary.js";
export { tapBailOut } from "./tap.js";
export { verifyFindings } from "./verify-findings.js";

/** A text of findings, in each format that is made of nothing else. */
export const FINDING_FORMATS = {
  github: renderGithub,
  sarif: renderSarif,
  junit: renderJunit,
  tap: renderTap,
} as const satisfies Record<string, (findings: Findings) => string>;
