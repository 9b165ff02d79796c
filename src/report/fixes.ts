/** The next command for a file that is not as pinned: one for each way of being wrong, whoever tells of it. */
import type { FileStatus } from "../commands/reports.js";

/** A command, and what it does where its name does not say so. */
export interface Fix {
  command: string;
  effect: string;
}

const FIXES: Partial<Record<FileStatus, { verb: "download" | "repair"; effect: string }>> = {
  missing: { verb: "download", effect: "" },
  "lfs-pointer": { verb: "download", effect: "puts the content there" },
  "size-mismatch": { verb: "repair", effect: "puts the pinned bytes in place of what is there" },
  "digest-mismatch": { verb: "repair", effect: "puts the pinned bytes in place of what is there" },
};

/** `assets`: ids as a shell takes them; `program`: how the program is called. Undefined where no command helps. */
export function fixOf(status: FileStatus, assets: string, program = "assets"): Fix | undefined {
  const fix = FIXES[status];
  return fix && { command: `${program} ${fix.verb} ${assets}`, effect: fix.effect };
}
